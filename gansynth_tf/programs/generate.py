"""`generate.py` and `gansynth-generate`: wavs and pictures from a trained run."""

import itertools
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas

from gansynth_tf import synthesis
from gansynth_tf.audio import files, pictures
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line
from gansynth_tf.whole_file import whole_file

USAGE = """\
python generate.py --run_dir=runs/genre [--label=genre=jazz ...] [--num_samples=8] [--seed=0] [--name=value ...]

Makes wav files and pictures with the newest save of a run. The run's folder is all it needs.
"""
PICTURES_PER_CLASS = 8
TABLE_NAME = "labels.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_generate, arguments)


def program(
    *,
    run_dir: str = "runs/genre",
    label: tuple[str, ...] = (),
    num_samples: int = 8,
    seed: int = 0,
    interpolate_to: int | None = None,
    output_dir: str = "",
    float: bool = False,
) -> None:
    """Stands for the program's options.

    Args:
        run_dir: Folder of a run that has saved at least once.
        label: What to play, as genre=jazz. Give it again for another class, or for another label. Without it, every
            class of the first label; a label that is left out is drawn anew for each clip.
        num_samples: Clips of each class.
        seed: Another seed, other clips; the same seed, the same files.
        interpolate_to: A second seed: the clips of each class then lead from the first clip of --seed to that of this
            seed, on a spherical path.
        output_dir: Folder of the files. Empty is clips in the folder of the run.
        float: Write 32-bit float wavs, unscaled, instead of 16-bit ones.
    """


def _generate(arguments: Sequence[str]) -> int:
    options = command_line.parse(_joined_labels(arguments), program, usage=USAGE).program
    if options["num_samples"] < 1:
        raise UserError(f"--num_samples takes a whole number from 1. Received: {options['num_samples']}.")
    for name in ("seed", "interpolate_to"):
        if options[name] is not None and options[name] < 0:
            raise UserError(f"--{name} takes a whole number from 0. Received: {options[name]}.")
    requests = _parsed_labels(options["label"])
    instrument = synthesis.load(options["run_dir"])
    wanted = wanted_labels(requests, instrument.labels)
    for labels in wanted:
        instrument.checked_labels(labels)
    output_dir = Path(options["output_dir"] or Path(options["run_dir"]) / "clips")
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        listed = _listed_clips(output_dir, instrument.labels)
    except OSError as error:
        raise UserError(f"--output_dir={output_dir} cannot be used: {error.strerror or error}.") from error
    try:
        played = _play(instrument, wanted, output_dir, options)
        if instrument.labels:
            _list_clips(output_dir, listed, played)
    except OSError as error:
        raise WorkFailed(f"{error.filename or output_dir}: {error.strerror or error}.") from error
    return command_line.DONE


def wanted_labels(
    requests: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """Returns the combinations of labels to play, each {label: class}.

    Args:
        requests: {label: the classes asked for}; empty asks for every class of the first label.
        known: {label: class names} of the run.
    """
    if not requests and known:
        first = next(iter(known))
        requests = {first: known[first]}
    return [dict(zip(requests, classes, strict=True)) for classes in itertools.product(*requests.values())]


def _play(instrument, wanted, output_dir, options):
    """Makes and writes the clips of all wanted labels and the contact sheet, tells about them, returns their table."""
    for note in instrument.notes:
        print(note, file=sys.stderr)
    started = time.perf_counter()
    instrument.generate(wanted[0], 1, options["seed"])
    building = time.perf_counter() - started
    shown, titles, peaks, listed, seconds = [], [], [], [], 0.0
    for labels in wanted:
        started = time.perf_counter()
        clips, rows = instrument.generate_with_rows(
            labels, options["num_samples"], options["seed"], interpolate_to=options["interpolate_to"]
        )
        seconds += time.perf_counter() - started
        for i, clip in enumerate(clips):
            name = f"{_class_names(instrument.labels, rows[i])}{_seeds(options)}_{i:03d}.wav"
            peaks.append(_write_clip(output_dir / name, clip, instrument.sample_rate, options["float"]))
            listed.append([name, *_classes(instrument.labels, rows[i])])
        chosen = np.linspace(0, len(clips) - 1, min(len(clips), PICTURES_PER_CLASS)).round().astype(int)
        shown.append(clips[chosen])
        titles += [" ".join([*_classes(instrument.labels, rows[i]), str(i)]) for i in chosen]
    sheet = output_dir / f"contact-sheet{_seeds(options)}.png"
    columns = min(PICTURES_PER_CLASS, options["num_samples"])
    pictures.save_contact_sheet(
        sheet, np.concatenate(shown), titles, instrument.sample_rate, num_columns=columns
    )
    for line in _report(instrument, peaks, seconds, building, options["float"]):
        print(line)
    print(f"{len(peaks)} wavs and {sheet.name} are in {output_dir}.")
    return pandas.DataFrame(listed, columns=["path", *instrument.labels], dtype=str)


def _listed_clips(output_dir, labels):
    """Returns the table of the clips that earlier calls wrote, [path, one column a label] of text."""
    path = output_dir / TABLE_NAME
    columns = ["path", *labels]
    if not path.exists():
        return pandas.DataFrame(columns=columns, dtype=str)
    try:
        table = pandas.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise UserError(f"{path} is no table of clips: {error}. Choose another --output_dir.") from error
    if list(table.columns) != columns:
        raise UserError(
            f"{path} lists other clips: expected the columns {', '.join(columns)}. "
            f"Received: {', '.join(table.columns)}. Choose another --output_dir."
        )
    return table


def _list_clips(output_dir, listed, played):
    """Writes the table of all clips, which makes the folder a data set for audio_folder and for eval/judge.py."""
    table = pandas.concat([listed, played]).drop_duplicates("path", keep="last").sort_values("path")
    with whole_file(output_dir / TABLE_NAME, text=True) as stream:
        table.to_csv(stream, index=False)


def _write_clip(path, clip, sample_rate, as_float):
    """Writes one clip, made quieter if its peak is over full scale, and returns the peak as it was."""
    peak = float(np.max(np.abs(clip)))
    if peak > 1.0 and not as_float:
        clip = clip / peak
    files.write(path, clip, sample_rate, as_float=as_float)
    return peak


def _report(instrument, peaks, seconds, building, as_float):
    """Returns lines about the save, the speed and the peaks."""
    audio_seconds = len(peaks) * instrument.length_samples / instrument.sample_rate
    yield f"The generator was trained on {instrument.num_images} images."
    yield (
        f"{audio_seconds:.1f} s of sound in {seconds:.2f} s: {audio_seconds / seconds:.1f} times real time, "
        f"after {building:.1f} s of building the network."
    )
    over = [peak for peak in peaks if peak > 1.0]
    if over:
        what = "kept so" if as_float else "made quieter to fit; --float keeps them as they are"
        yield f"{len(over)} of {len(peaks)} clips had peaks over full scale (up to {max(over):.2f}) and were {what}."


def _classes(labels, row):
    """Returns the class names of a clip, in the order of the labels."""
    return [classes[number] for classes, number in zip(labels.values(), row, strict=True)]


def _class_names(labels, row):
    """Returns the classes of a clip as a part of a file name: jazz, or jazz_pitch-60 with several labels."""
    names = _classes(labels, row)
    others = [f"{label}-{name}" for label, name in list(zip(labels, names, strict=True))[1:]]
    return "_".join(_spelt_for_files(part) for part in [*names[:1], *others]) or "clip"


def _spelt_for_files(name):
    """Returns `name` with what files may not be called replaced by %XX, so that two names stay two."""
    return re.sub(r'^\.|[%/\\:*?"<>|\x00-\x1f]', lambda match: f"%{ord(match.group()):02X}", name)


def _seeds(options):
    """Returns the part of a file name that tells the seeds."""
    if options["interpolate_to"] is None:
        return f"_seed{options['seed']}"
    return f"_seed{options['seed']}-to-{options['interpolate_to']}"


def _joined_labels(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with all `--label` joined into one, since absl keeps only the last of a flag."""
    labels, others = [], []
    rest = iter(arguments)
    for argument in rest:
        match = re.fullmatch(r"--?label(?:=(.*))?", argument)
        if not match:
            others.append(argument)
        else:
            labels.append(next(rest, "") if match.group(1) is None else match.group(1))
    return others + ([f"--label={','.join(labels)}"] if labels else [])


def _parsed_labels(texts: Sequence[str]) -> dict[str, list[str]]:
    """Returns {label: its classes that were asked for} of texts like genre=jazz."""
    requests: dict[str, list[str]] = {}
    for text in texts:
        label, equals, name = text.partition("=")
        if not (label and equals and name):
            raise UserError(
                f"--label takes a label and its class, as --label=genre=jazz. Received: {text!r}."
            )
        if name not in requests.setdefault(label, []):
            requests[label].append(name)
    return requests


if __name__ == "__main__":
    sys.exit(main())
