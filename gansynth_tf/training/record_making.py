"""The record of a new run: its classes, its sizes, and the constants that normalise its data."""

import hashlib
import importlib.metadata
import math

import numpy as np

from gansynth_tf.options import UserError
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.source import changed_options

_RECORDED_PACKAGES = ("gansynth_tf", "tensorflow", "keras", "numpy", "librosa")
# Constants of another run are told apart from those of the data where more than this share of values is cut off.
_SHARE_CUT_OFF = 0.001
# Apart from all other draws of the seed.
_FITTING_STREAM = 0x0F17


def new_record(parts, data, source, announce):
    """Returns the record of a new run.

    The constants are the original's if the options ask for them. Else they are those of the source whose weights the
    run starts from, if its data have the same form: the networks have learnt their range. Else they are fitted to the
    training clips, or to as many of them as the options say.

    Args:
        parts: As `session.train` takes them.
        data: [num_clips, *data_shape] float32 of the training clips.
        source: source.Source, or None.
        announce: Takes lines for the user.

    Raises:
        UserError: If no constants can be fitted, or the original has none.
    """
    scale, offset = _constants(parts, data, source, announce)
    return RunRecord(
        labels=dict(parts.labels.classes),
        scale=scale,
        offset=offset,
        sample_rate=parts.dataset.sample_rate,
        length_samples=parts.dataset.length_samples,
        representation_shape=parts.representation.shape,
        versions={name: importlib.metadata.version(name) for name in _RECORDED_PACKAGES if _installed(name)},
        settings=parts.identity_settings,
        started_from=source.facts if source else {},
        **data_facts(parts),
    )


def data_facts(parts):
    """Returns the fields of a record that tell which clips are trained on, in which order and with which classes."""
    keys = parts.dataset.clip_keys("train")
    clips = parts.labels.clips("train")
    digest = hashlib.sha256("\n".join(keys[i] for i in clips).encode())
    digest.update(parts.labels.rows("train").tobytes())
    return {"num_clips": len(clips), "data": digest.hexdigest()[:24]}


def original_constants(representation):
    """Returns (scale, offset) of the released GANSynth program for a representation.

    Raises:
        UserError: If it had none.
    """
    if representation.original_constants is None:
        raise UserError(
            "--normalization=original: the released program has no constants for this representation. Leave it out, "
            "so that they are fitted to the training clips."
        )
    return representation.original_constants


def _constants(parts, data, source, announce):
    """Returns (scale, offset), and tells where they come from if that is a source."""
    if parts.training.normalization == "original":
        return original_constants(parts.representation)
    if source is not None:
        if _is_of_the_same_form(source, parts):
            (key,) = parts.chosen["representation"]
            changed = "; ".join(changed_options(source.settings, parts.settings, key))
            announce(
                f"The constants that normalise {key} are those of {source.run_dir}, since they belong to its networks"
                f"{f', although options differ: {changed}' if changed else ''}."
            )
            for line in _cut_off(data, source.record, parts.representation.channel_names):
                announce(line)
            return source.record.scale, source.record.offset
        announce(
            "The constants that normalise the data are fitted anew: those of the source are of other data."
        )
    try:
        return parts.representation.fitted_constants(
            _clips_to_fit(data, parts.training.normalization_clips, parts.seed)
        )
    except ValueError as error:
        raise UserError(str(error)) from error


def _clips_to_fit(data, num_clips, seed):
    """Returns the clips that constants are fitted to: so many of `data`, drawn by the seed; 0 for all."""
    if not 0 < num_clips < len(data):
        return data
    rng = np.random.default_rng([seed, _FITTING_STREAM])
    return data[np.sort(rng.choice(len(data), num_clips, replace=False))]


def _is_of_the_same_form(source, parts):
    """Returns whether a source's data are what the new run's are: the same representation of the same shape."""
    return source.chosen["representation"] == parts.chosen["representation"] and tuple(
        source.record.representation_shape
    ) == tuple(parts.representation.shape)


def _cut_off(data, record, channel_names):
    """Returns a line if many values lie outside the range that a record's constants leave to the networks."""
    scale, offset = np.asarray(record.scale, np.float32), np.asarray(record.offset, np.float32)
    counts = np.zeros(data.shape[-1], np.int64)
    # In pieces, and none of them kept: the data may be larger than memory.
    for start in range(0, len(data), 64):
        beyond = np.abs(data[start : start + 64] * scale + offset) > 1.0
        counts += np.count_nonzero(beyond, axis=(0, 1, 2))
    shares = counts / math.prod(data.shape[:-1])
    told = [
        f"{100 * share:.2g} % of {name}"
        for name, share in zip(channel_names, shares, strict=True)
        if share > _SHARE_CUT_OFF
    ]
    return [f"Beyond the range of these constants, and cut off, lie {', '.join(told)}."] if told else []


def _installed(package):
    """Whether the metadata of `package` can be read; a run from a checkout has none of its own."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
