"""A folder of the user's own recordings."""

from typing import Literal

from gansynth_tf.data import folder_listing
from gansynth_tf.data.cutting import Cutting, LengthPolicy
from gansynth_tf.data.forms import DatasetInForms
from gansynth_tf.data.recording_set import RecordingSet
from gansynth_tf.options import UserError


class AudioFolder(DatasetInForms):
    """Recordings in a folder: wav, flac, mp3, ogg, aiff or au of any rate, length and number of channels.

    The label `genre` is the folder that a file lies in, `subgenre` the folder below it, named genre/subgenre.
    A file `labels.csv` in the folder replaces both: a column `path` of paths inside the folder, then one column a
    label (an empty cell: no class), and a column `split` (train, valid, test) if the set has splits of its own.
    Otherwise files are divided by their names, so that no file has clips in two splits.

    The first question about clips reads every file once: what is silent, cut off, too short, not audio, or another
    kind of file than its name tells is left out and named in the report.

    Args:
        sample_rate: Hertz; recordings of other rates are resampled.
        length_samples: Length of a clip.
        num_channels: 1 mixes all channels, 2 keeps stereo.
        download: There is nothing to download.
        folder: The folder; it may be moved between two starts of a run.
        length_policy: "pad_or_cut" makes one clip of a file: its start, followed by silence if it is shorter. "slices"
            cuts a file into clips one after another; what is left at the end is padded if it has min_seconds.
        min_seconds: Shorter files, and shorter ends of sliced files, are left out.
        max_clips_per_file: The most clips that "slices" takes from the start of a file; 0 for all.
        silence_db: A clip whose peak is below this level, relative to full scale, is left out.
        duplicates: Files of equal content: "keep" them all, in one split where splits are drawn, or "drop" all but the
            first.
        valid_fraction: Part of the files that becomes the validation split, unless labels.csv names splits.
        test_fraction: Part of the files that becomes the test split, unless labels.csv names splits.
        seed: Of that division.

    Raises:
        UserError: If the folder or its labels.csv cannot be used.
        ValueError: If an option is out of range.
    """

    how_to_run = frozenset({"folder"})

    def __init__(
        self,
        sample_rate: int,
        length_samples: int,
        num_channels: int = 1,
        download: bool = False,
        *,
        folder: str = "",
        length_policy: LengthPolicy = "pad_or_cut",
        min_seconds: float = 0.1,
        max_clips_per_file: int = 0,
        silence_db: float = -60.0,
        duplicates: Literal["keep", "drop"] = "keep",
        valid_fraction: float = 0.1,
        test_fraction: float = 0.1,
        seed: int = 0,
    ):
        cutting = Cutting(
            sample_rate,
            length_samples,
            num_channels,
            length_policy,
            min_seconds,
            max_clips_per_file,
            silence_db,
        )
        shares = folder_listing.check_shares(valid_fraction, test_fraction, seed)
        if not folder:
            raise UserError(
                "--dataset=audio_folder needs the folder of the recordings: --audio_folder.folder=FOLDER."
            )
        listing = folder_listing.list_folder(folder, shares, seed)
        super().__init__(RecordingSet("audio_folder", folder, listing, cutting, duplicates=duplicates))
