"""`eval/compare.py`: evaluations of several runs as one table, or why there can be none."""

from collections.abc import Sequence
from pathlib import Path

from gansynth_tf import options
from gansynth_tf.evaluation.comparison import page, ranking, tables
from gansynth_tf.evaluation.comparison.collection import Collection, collect
from gansynth_tf.evaluation.comparison.ranking import Quarrel
from gansynth_tf.evaluation.comparison.reading import read_evaluation
from gansynth_tf.evaluation.page.document import write_document
from gansynth_tf.options import UserError, WorkFailed
from gansynth_tf.programs import command_line

USAGE = """\
python eval/compare.py --output_dir=runs/comparison runs/a/evaluation runs/b/evaluation/evaluation.csv

Puts evaluations beside each other: files that eval/evaluate.py wrote, or the folders in which they lie. One file is
enough to compare the checkpoints of a run. Written are
  compare.csv    a row for every metric, class, run and checkpoint, for programs
  compare.html   the same for people, as a table
and the table is printed:  *  is the best of a line,  =  cannot be told from it: their 95 % intervals overlap, or one
has none. Which way is better follows from the metric; diversity and distances to clips are best as real held-out clips
have them, which stand in the column `real`. Numbers without these are worse, or the metric knows no better.

A NOTE is printed, and stands at the top of the page, where an evaluation found that clips are copies of training clips
or of each other, or not finite, whichever metrics are compared.  !  stands behind all numbers of such clips. They are
ranked all the same; but copies win most metrics, so that  *!  is no winner before one has listened to the clips. Leave
the file out to rank the others.

A number may be ranked only beside one that was measured alike: the same metric, protocol, numbers of clips, seed,
classifier, features and reference clips. The column `fingerprint` is a hash of all these. Where two runs have a metric
but no fingerprint of it in common, nothing is written and it is said what differs. Then evaluate both alike, or compare
the other metrics by --only_comparable.

Exit status: 0 the table is written; 1 numbers that cannot be compared, or no table could be written; 2 a mistake in
what was asked for, a file that cannot be read being one.
"""
_MOST_NAMES = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Without the program's name; None means those of this process.
    """
    return command_line.exit_status(_compare, arguments)


def program(
    *,
    output_dir: str = "",
    names: tuple[str, ...] = (),
    metrics: tuple[str, ...] = (),
    newest_only: bool = False,
    only_comparable: bool = False,
) -> None:
    """Stands for the program's options.

    Args:
        output_dir: Folder of the table; one that is there is written anew.
        names: A name for each file, with commas, for runs of equal names; before the runs' names if a file has several.
        metrics: Compare these only, with commas; accuracy stands for accuracy/genre and accuracy/pitch too.
        newest_only: Compare the newest checkpoint of each run only.
        only_comparable: Leave out metrics whose fingerprints differ, and say so, instead of refusing the table.
    """


def _compare(arguments: Sequence[str]) -> int:
    arguments, paths = _separated(arguments)
    told = command_line.parse(arguments, program, usage=USAGE).program
    _check(told, paths)
    evaluations = [read_evaluation(path) for path in paths]
    found = collect(evaluations, told["names"], told["metrics"], told["newest_only"])
    quarrels = ranking.quarrels(found, evaluations)
    quarrelled = {metric for quarrel in quarrels for metric in quarrel.metrics}
    kept = ranking.without(found, quarrelled)
    if quarrels and not (told["only_comparable"] and any(line.cells for line in kept.lines)):
        raise WorkFailed(_refusal(quarrels, told["only_comparable"]))
    remarks = [remark for told_of in kept.remarks.values() for remark in told_of]
    notes = [*remarks, *found.notes, *(f"Left out: {_in_words(quarrel)}" for quarrel in quarrels)]
    output = Path(told["output_dir"])
    try:
        output.mkdir(parents=True, exist_ok=True)
        tables.write_csv(output / "compare.csv", kept)
        facts = [("Files", ", ".join(one.path for one in evaluations)), ("Measured", _measured(kept))]
        write_document(output / "compare.html", page.comparison_page(kept, notes, facts))
    except OSError as error:
        raise WorkFailed(f"{error.filename or output}: {error.strerror or error}.") from error
    _tell(kept, notes, output)
    return command_line.DONE


def _separated(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the options, and the files; the word after an option without = is its value, unless that is a switch."""
    values = {name for name, option in options.options_of(program).items() if option.type is not bool}
    named, paths = [], []
    is_value = False
    for argument in arguments:
        if is_value or argument.startswith("-"):
            named.append(argument)
        else:
            paths.append(argument)
        is_value = not is_value and argument.startswith("-") and argument.lstrip("-") in values
    return named, paths


def _check(told, paths: Sequence[str]) -> None:
    if not paths:
        raise UserError("Expected files to compare, as runs/a/evaluation/evaluation.csv. --help says more.")
    if not told["output_dir"]:
        raise UserError("Expected --output_dir, the folder of the table. --help says more.")
    if told["names"] and len(told["names"]) != len(paths):
        raise UserError(
            f"--names takes a name for each file. Received: {len(told['names'])} names and {len(paths)} files."
        )
    if len(set(told["names"])) < len(told["names"]):
        raise UserError(f"--names takes names that differ. Received: {', '.join(told['names'])}.")


def _in_words(quarrel: Quarrel) -> str:
    rest = len(quarrel.metrics) - _MOST_NAMES
    shown = ", ".join(quarrel.metrics[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
    return f"{shown}: {'; '.join(quarrel.words)}"


def _refusal(quarrels: Sequence[Quarrel], nothing_left: bool) -> str:
    lines = ["These numbers cannot be ranked: they were not measured alike."]
    lines += [f"  {_in_words(quarrel)}." for quarrel in quarrels]
    lines += [f"  {place}." for place in dict.fromkeys(one for quarrel in quarrels for one in quarrel.places)]
    advice = "Evaluate both alike: the same protocol, seed, classifier and number of clips"
    other = (
        "; there is no metric left to compare"
        if nothing_left
        else "; or leave these out by --only_comparable"
    )
    return tables.plain_lines([*lines, f"{advice}{other}. Nothing was written."])


def _measured(found: Collection) -> str:
    """Returns in words on how many clips, by which protocol and on which data the numbers are."""
    rows = [read.row for line in found.lines if line.is_main for read in line.cells.values()]
    parts = [
        ", ".join(dict.fromkeys(row.protocol for row in rows if row.protocol)) or "no protocol",
        f"at most {max((row.num_samples for row in rows), default=0):,} clips of each",
        "against "
        + (", ".join(dict.fromkeys(f"{row.dataset} {row.split}".strip() for row in rows)) or "nothing"),
        "seed " + ", ".join(dict.fromkeys(str(row.seed) for row in rows)),
    ]
    return "; ".join(parts)


def _tell(found: Collection, notes: Sequence[str], output: Path) -> None:
    for note in notes:
        print(tables.plain_lines([f"NOTE: {note}"]))
    print(tables.text_table(found))
    print("*  best   =  cannot be told from the best: their 95 % intervals overlap, or one has none")
    if found.remarks:
        print("!  a NOTE above is on these clips: copies, for one, win most metrics and are no good model's")
    if len({entry.name for entry in found.entries}) < len(found.entries):
        print("The best of many checkpoints looks better than it is: it was chosen by these very numbers.")
    print(f"Written: {output / 'compare.csv'}, {output / 'compare.html'}", flush=True)
