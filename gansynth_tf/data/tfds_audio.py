"""Any data set of TensorFlow Datasets that has audio and classes."""

from gansynth_tf.data.cutting import Cutting, LengthPolicy
from gansynth_tf.data.example_set import ExampleSet
from gansynth_tf.data.folder_listing import check_shares
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.tfds_reader import TfdsReader
from gansynth_tf.options import UserError

OWN_SPLITS = {"train": ("train",), "valid": ("valid", "validation", "dev"), "test": ("test",)}


class TfdsAudio(DatasetInForms):
    """A data set of TensorFlow Datasets, as gtzan or nsynth/gansynth_subset; its labels are its ClassLabel features.

    A label inside a group of features is named with it: instrument_family. Splits are the set's own; one that comes
    in a single split is divided.

    Args:
        sample_rate: Hertz; recordings of other rates are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo.
        download: Download and prepare the data set if it is not there. Nothing is fetched without it.
        builder: Name of the data set, as gtzan or nsynth/gansynth_subset.
        data_dir: Folder of prepared data sets; empty is TensorFlow Datasets' own.
        file_sample_rate: Rate of the recordings, if the data set does not tell it; 0 to believe the data set.
        length_policy: "pad_or_cut" makes one clip of a recording: its start, followed by silence if it is shorter.
            "slices" cuts it into clips one after another.
        max_clips_per_recording: The most clips that "slices" takes from a recording; 0 for all.
        valid_fraction: Part that becomes the validation split, if the set has one split only.
        test_fraction: Part that becomes the test split, if the set has one split only.
        seed: Of that division.

    Raises:
        UserError: If there is no such data set, it is not on disk, or it has no audio.
        ValueError: If an option is out of range.
    """

    how_to_run = frozenset({"data_dir"})

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int = 1,
        download: bool = False,
        *,
        builder: str = "",
        data_dir: str = "",
        file_sample_rate: int = 0,
        length_policy: LengthPolicy = "pad_or_cut",
        max_clips_per_recording: int = 0,
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        if file_sample_rate < 0:
            raise ValueError(f"`file_sample_rate` must not be negative. Received: {file_sample_rate}.")
        cutting = Cutting(
            sample_rate,
            length_samples,
            num_channels,
            length_policy,
            max_clips=max_clips_per_recording,
        )
        shares = check_shares(valid_fraction, test_fraction, seed)
        if not builder:
            raise UserError(
                "--dataset=tfds_audio needs the data set's name: --tfds_audio.builder=NAME, as gtzan."
            )
        reader = TfdsReader(
            builder,
            data_dir,
            download,
            file_sample_rate=file_sample_rate,
            how_to_get="Download it with --download, or name the folder where it was prepared by "
            "--tfds_audio.data_dir.",
        )
        super().__init__(
            ExampleSet("tfds_audio", reader, cutting, own_splits(reader.split_names), shares, seed)
        )


def own_splits(names) -> dict[str, str]:
    """Returns {split: the name that a data set has for it}; of a single one, whatever its name, the training split."""
    if len(names) == 1:
        return {"train": next(iter(names))}
    found = {ours: [name for name in theirs if name in names] for ours, theirs in OWN_SPLITS.items()}
    return {ours: theirs[0] for ours, theirs in found.items() if theirs}
