"""What a folder of the original says, in our options; and a run of ours, in the original's."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gansynth_tf.magenta import settings as original
from gansynth_tf.magenta.schedule import StageSchedule, batch_size
from gansynth_tf.magenta.settings import OriginalSettings
from gansynth_tf.options import Settings, WorkFailed
from gansynth_tf.representations import normalization

LABEL = "pitch"
LOWEST_PITCH = 24
NUM_PITCHES = 61
# {the original's data_type: our representation}.
REPRESENTATIONS = {"mel": "mel_if", "linear": "linear_if", "phase": "linear_phase"}
# Fixed in the original's code.
_OVERLAP = 0.75
_LEFT_OUT_BIN = "dc"
_EMA_DECAY = 0.999
_SAMPLE_RATE = 16000
_LENGTH_SAMPLES = 64000
# {our option: the original's key} of what is the same number in both.
_SAME = {
    "sample_rate": "sample_rate",
    "length_samples": "audio_length",
    "total_images": "total_num_images",
    "generator_learning_rate": "generator_learning_rate",
    "discriminator_learning_rate": "discriminator_learning_rate",
    "adam_beta1": "adam_beta1",
    "adam_beta2": "adam_beta2",
    "generator_label_weight": "generator_ac_loss_weight",
    "discriminator_label_weight": "discriminator_ac_loss_weight",
    "wgan_gp.penalty_weight": "gradient_penalty_weight",
    "wgan_gp.penalty_target": "gradient_penalty_target",
    "wgan_gp.drift_weight": "real_score_penalty_weight",
    "progressive.latent_size": "latent_vector_size",
    "progressive.rgb_activation": "to_rgb_activation",
}
_DECAYS = (1.0, *(step / 20 for step in range(61)))


def pitches(num_classes: int) -> tuple[str, ...]:
    """Returns the names of the original's classes: MIDI pitches from 24."""
    return tuple(str(LOWEST_PITCH + number) for number in range(num_classes))


def our_settings(theirs: OriginalSettings, stage: int) -> Settings:
    """Returns the options, by full name, that make a run of ours what the original's is at `stage`."""
    key = REPRESENTATIONS[theirs["data_type"]]
    num_frames, num_bins = theirs.data_shape
    sizes = {
        "num_frames": num_frames,
        "num_bins": num_bins,
        "overlap": _OVERLAP,
        "left_out_bin": _LEFT_OUT_BIN,
        "phase_iterations": 0,
    }
    if key == "mel_if":
        sizes["num_mel_bins"] = num_bins
    grown = (theirs["stable_stage_num_images"],), (theirs["transition_stage_num_images"],)
    total = theirs["total_num_images"]
    if not theirs["train_progressive"]:
        total = theirs.schedule.images_without_growth
        grown = (0,) * (theirs["num_resolutions"] - 1) + (total,), (0,)
    fixed = {
        "labels": (LABEL,),
        "representation": key,
        "architecture": "progressive",
        "progressive.filters": theirs.filters,
        "progressive.condition": "classifier",
        "loss": "wgan_gp",
        "normalization": "original" if _has_original_constants(theirs) else "fitted",
        "batch_size": batch_size(theirs["batch_size_schedule"], theirs["num_resolutions"], stage),
        "ema_decay": _EMA_DECAY,
        "stable_images": grown[0],
        "fade_images": grown[1],
    }
    same = {ours: theirs[name] for ours, name in _SAME.items()}
    return fixed | {f"{key}.{name}": value for name, value in sizes.items()} | same | {"total_images": total}


def what_training_lacks(theirs: OriginalSettings, stage: int) -> list[str]:
    """Returns lines about what further training here does otherwise than the original would."""
    lines = []
    if theirs["gen_gl_consistency_loss_weight"]:
        lines.append(
            f"gen_gl_consistency_loss_weight is {theirs['gen_gl_consistency_loss_weight']}: further training here "
            "goes without that loss."
        )
    schedule, count = theirs["batch_size_schedule"], theirs["num_resolutions"]
    now = batch_size(schedule, count, stage)
    later = [batch_size(schedule, count, number) for number in range(stage, theirs.schedule.last_stage + 1)]
    others = sorted(set(later) - {now})
    if others:
        lines.append(
            f"The original goes on with other batch sizes in later stages ({', '.join(map(str, others))}); a run here "
            f"has one, {now}."
        )
    return lines


def constants(theirs: OriginalSettings, normalizer: np.ndarray | None) -> tuple[tuple, tuple]:
    """Returns (scale, offset) that take data to the networks' range, nested tuples, [channels] or [bins][channels].

    Args:
        theirs: The settings.
        normalizer: [..., 4] fitted numbers, scale and offset of each channel in turn; None if they are prespecified.

    Raises:
        WorkFailed: If they divide by zero or are not finite.
    """
    if normalizer is None:
        names = ("mag_normalizer_a", "mag_normalizer_b", "p_normalizer_a", "p_normalizer_b")
        normalizer = np.array([theirs[name] for name in names])
    bad = ~np.isfinite(normalizer).all(axis=-1) | (normalizer[..., ::2] == 0).any(axis=-1)
    if bad.any():
        where = f" of bin {np.flatnonzero(bad)[0]}" if bad.ndim else ""
        raise WorkFailed(
            f"The constants{where} of the {theirs['data_normalizer']} are not finite, or zero: such networks make no "
            "sound, in the original neither."
        )
    return _nested(normalizer[..., ::2]), _nested(normalizer[..., 1::2])


def original_json(experiment, record, tfds_data_dir: str) -> dict[str, Any]:
    """Returns the content of the original's experiment.json for a run of ours.

    Args:
        experiment: Experiment of the run.
        record: Its RunRecord.
        tfds_data_dir: Where the original is to find NSynth.

    Raises:
        WorkFailed: If the original cannot express the run; says in what.
    """
    settings = experiment.settings
    _refuse_other_parts(settings, record)
    representation = settings["representation"]
    data_type = next(theirs for theirs, ours in REPRESENTATIONS.items() if ours == representation)
    num_resolutions = len(settings["progressive.filters"]) - 1
    start = (size // 2 ** (num_resolutions - 1) for size in record.representation_shape[:2])
    content = dict(original.DEFAULTS)
    content |= {theirs: settings[ours] for ours, theirs in _SAME.items()}
    content |= {"data_type": data_type, "num_resolutions": num_resolutions}
    content |= dict(zip(("start_height", "start_width"), start, strict=True))
    content |= _growth_keys(experiment.growth.total_images, settings, num_resolutions)
    content |= dict(zip(("fmap_base", "fmap_decay", "fmap_max"), _filter_rule(settings), strict=True))
    content["batch_size_schedule"] = [settings["batch_size"]]
    scale, offset = np.array(record.scale), np.array(record.offset)
    if scale.ndim == 1:
        content |= {"mag_normalizer_a": scale[0], "mag_normalizer_b": offset[0]}
        content |= {"p_normalizer_a": scale[1], "p_normalizer_b": offset[1]}
    else:
        content["data_normalizer"] = original.FITTED_BINS
    place = {"train_root_dir": "gansynth", "train_data_path": "gansynth", "tfds_data_dir": tfds_data_dir}
    machine = {"dataset_name": "nsynth_tfds", "master": "", "ps_tasks": 0, "task": 0, "debug_hook": False}
    return content | place | machine


def what_the_original_lacks(settings: Mapping[str, Any]) -> list[str]:
    """Returns lines about what the original does otherwise with a run of ours."""
    key = settings["representation"]
    lines = []
    if settings[f"{key}.phase_iterations"]:
        lines.append(
            f"--{key}.phase_iterations={settings[f'{key}.phase_iterations']}: the original makes audio without "
            "Griffin-Lim; it will sound as with 0."
        )
    for name, theirs in (
        ("ema_decay", _EMA_DECAY),
        ("wgan_gp.penalty_interval", 1),
        ("discriminator_steps", 1),
    ):
        if settings.get(name, theirs) != theirs:
            lines.append(f"--{name}={settings[name]}: the original goes on training with {theirs}.")
    if settings["sample_rate"] != _SAMPLE_RATE:
        lines.append(
            f"--sample_rate={settings['sample_rate']}: the original writes its wavs as of {_SAMPLE_RATE} Hz, so that "
            "they play at another speed and pitch, and trains on notes of that rate."
        )
    if settings["length_samples"] != _LENGTH_SAMPLES:
        lines.append(
            f"--length_samples={settings['length_samples']}: the original plays such clips, but takes "
            f"{_LENGTH_SAMPLES} samples of each note to train on."
        )
    return lines


def _nested(numbers):
    """Returns an array as tuples of floats."""
    return tuple(_nested(row) for row in numbers) if numbers.ndim > 1 else tuple(map(float, numbers))


def _has_original_constants(theirs):
    """Whether the folder has the constants of the original's only configuration."""
    if theirs["data_normalizer"] != original.PRESPECIFIED:
        return False
    scale, offset = constants(theirs, None)
    return scale == normalization.ORIGINAL_SCALE and offset == normalization.ORIGINAL_OFFSET


def _refuse_other_parts(settings, record):
    """Refuses a run whose networks the original could not build or would use otherwise."""
    key = settings["representation"]
    wanted = [
        ("architecture", "progressive"),
        ("progressive.condition", "classifier"),
        ("loss", "wgan_gp"),
        (f"{key}.overlap", _OVERLAP),
        (f"{key}.left_out_bin", _LEFT_OUT_BIN),
    ]
    if key not in REPRESENTATIONS.values():
        raise WorkFailed(
            f"The original knows the representations {', '.join(REPRESENTATIONS.values())} only. "
            f"This run has --representation={key}."
        )
    if settings.get("mel_if.num_mel_bins"):
        wanted.append(("mel_if.num_mel_bins", settings["mel_if.num_bins"]))
    for name, value in wanted:
        if name in settings and settings[name] != value:
            raise WorkFailed(f"The original knows --{name}={value} only. This run has {settings[name]}.")
    if record.labels != {LABEL: pitches(NUM_PITCHES)}:
        found = [f"{label} ({len(classes)} classes)" for label, classes in record.labels.items()]
        raise WorkFailed(
            f"The original knows one label, {LABEL}, with the classes {LOWEST_PITCH} to "
            f"{LOWEST_PITCH + NUM_PITCHES - 1}. This run has {', '.join(found) or 'none'}."
        )


def _growth_keys(total, settings, num_resolutions):
    """Returns the original's keys of growth.

    Source: `StageSchedule.images_without_growth` for a run that does not grow: with one image a stage its sum is the
    total and what the smaller stages add.
    """
    stable, fade = settings["stable_images"], settings["fade_images"]
    if num_resolutions > 1 and not any(stable[:-1]) and not any(fade) and len(stable) > 1:
        smaller = StageSchedule(num_resolutions, 1, 1, 10**9, False).images_without_growth - 10**9
        if total < 2 * smaller:
            raise WorkFailed(
                f"The original trains at least {2 * smaller} images without growth. This run has {total}."
            )
        counts, grows = (1, 1, total - smaller), False
    else:
        for name, numbers in (("stable_images", stable), ("fade_images", fade)):
            if len(set(numbers)) != 1 or not numbers[0]:
                raise WorkFailed(
                    f"The original has one number of images for all stages, at least 1. This run has --{name}="
                    f"{','.join(map(str, numbers))}."
                )
        counts, grows = (stable[0], fade[0], total), True
    names = ("stable_stage_num_images", "transition_stage_num_images", "total_num_images")
    return dict(zip(names, counts, strict=True)) | {"train_progressive": grows}


def _filter_rule(settings):
    """Returns (base, decay, most) that give the run's filters, in the original's words."""
    wanted = settings["progressive.filters"]
    most = wanted[0]
    for decay in _DECAYS:
        growth = [2.0 ** (block * decay) for block in range(len(wanted))]
        base = max(number * factor for number, factor in zip(wanted, growth, strict=True))
        base = int(base) if base == int(base) else int(base) + 1
        if original.filters(base, decay, most, len(wanted)) == tuple(wanted):
            return base, decay, most
    raise WorkFailed(
        "The original's blocks have at most so many filters, and fewer by one factor from block to block, as in "
        f"256,256,128,64. This run has --progressive.filters={','.join(map(str, wanted))}."
    )
