"""`eval/compare.py` from the files to the table."""

import csv
import subprocess
import sys

import pytest
from evaluation_files import real, row, write

from gansynth_tf.evaluation.suite.rows import TIMING
from gansynth_tf.programs import compare

METRICS = {"frechet_distance": (12.0, 3.0), "recall": (0.4, 0.8), "distance_train": (3.0, 19.0)}


@pytest.fixture
def files(tmp_path):
    """Two evaluations: the second is better in everything; its coverage failed, and classes are of the first only."""
    rows: dict[str, list] = {"phase": [], "if_mel": []}
    for metric, values in METRICS.items():
        for (name, its), value in zip(rows.items(), values, strict=True):
            its += [row(name, metric, value, 0.1, representation="128x1024"), real(metric, 20.0)]
    rows["phase"] += [row("phase", "coverage", 0.4, 0.1), row("phase", "accuracy/genre", 0.9, 0.1)]
    rows["phase"].append(row("phase", "accuracy/genre", 0.7, 0.1, class_name="genre=jazz"))
    rows["if_mel"].append(row("if_mel", "coverage", None, status="4 of 1000 clips are not finite"))
    rows["if_mel"].append(row("if_mel", "accuracy/genre", 0.95, 0.1, status="small_reference: 812 clips"))
    return [write(tmp_path / name, its) for name, its in rows.items()]


def run(capsys, *arguments):
    status = compare.main(arguments)
    return status, *capsys.readouterr()


def read(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_one_table_is_written_for_programs_people_and_the_screen(files, tmp_path, capsys):
    status, printed, errors = run(capsys, *files, f"--output_dir={tmp_path / 'out'}")
    assert (status, errors) == (0, "")
    rows = read(tmp_path / "out" / "compare.csv")
    found = {(one["metric"], one["class_name"], one["run"]): one for one in rows}
    assert len(rows) == len(found) == 12
    best = found["frechet_distance", "", "if_mel"]
    assert (best["mark"], best["value"], best["ci_low"], best["ci_high"]) == ("best", "3.0", "2.9", "3.1")
    assert (best["direction"], best["real"], best["step"], best["file"]) == ("lower", "20.0", "64", files[1])
    assert found["frechet_distance", "", "phase"]["mark"] == "worse"
    assert found["accuracy/genre", "", "phase"]["mark"] == "tied"
    assert found["accuracy/genre", "", "if_mel"]["status"] == "small_reference: 812 clips"
    failed = found["coverage", "", "if_mel"]
    assert (failed["value"], failed["mark"], failed["status"]) == ("", "", "4 of 1000 clips are not finite")
    assert found["accuracy/genre", "genre=jazz", "if_mel"]["status"] == "not measured"
    lines = {line.split("  ")[0]: line for line in printed.splitlines()}
    assert lines["frechet_distance"].split() == "frechet_distance 12 (11.9..12.1) 3 (2.9..3.1) *! 20".split()
    assert lines["accuracy/genre"].split() == "accuracy/genre 0.9 (0.8..1) = 0.95 (0.85..1.05) *! -".split()
    assert "No coverage of if_mel @ 64: 4 of 1000 clips are not finite." in printed
    assert "genre=jazz" not in printed


def test_the_page_marks_the_best_and_the_tied_and_says_why(files, tmp_path, capsys):
    run(capsys, *files, f"--output_dir={tmp_path}")
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "<strong>3</strong>" in page and "<strong>12</strong>" not in page
    assert "= tied with the best" in page and "Schenker and Gentleman" in page
    assert "4 of 1000 clips are not finite" in page and "small_reference: 812 clips" in page
    assert "genre=jazz" in page and "128x1024" in page and "http://" not in page.replace("http-equiv", "")


COPIES = "memorised: 900 of 1000 clips are copies of training clips"


@pytest.fixture
def copying(tmp_path):
    """Two evaluations: the one that is better in everything plays copies."""
    paths = []
    for name, value, status in (("good", 12.0, ""), ("copies", 3.0, f"{COPIES}; small_reference: 812 clips")):
        rows = [row(name, "frechet_distance", value, 0.1), real("distance_train", 20.0)]
        rows.append(row(name, "distance_train", value, 0.1, status=status))
        rows.append(row(name, "real_time_factor", value / 100, 0.01, kind=TIMING))
        paths.append(write(tmp_path / name, rows))
    return paths


def test_a_run_that_plays_copies_is_no_plain_winner_whichever_metrics_are_compared(copying, tmp_path, capsys):
    arguments = [*copying, "--metrics=frechet_distance,real_time_factor", "--names=a,b"]
    status, printed, _ = run(capsys, *arguments, f"--output_dir={tmp_path}")
    told = f"b after 64 images: {COPIES} (distance_train)."
    assert status == 0 and printed.startswith(f"NOTE: {told}\n") and printed.count("NOTE") == 2
    lines = {line.split("  ")[0]: line.split() for line in printed.splitlines()}
    assert lines["frechet_distance"] == "frechet_distance 12 (11.9..12.1) 3 (2.9..3.1) *! -".split()
    assert "!" not in lines["real_time_factor"] and "\n!  a NOTE above is on these clips" in printed
    found = {(one["metric"], one["run"]): one for one in read(tmp_path / "compare.csv")}
    assert found["frechet_distance", "b"]["mark"] == "best"
    assert found["frechet_distance", "b"]["remarks"] == told
    assert found["frechet_distance", "a"]["remarks"] == ""
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert page.index("Read this first") < page.index(told) < page.index("<main")
    assert page.count("! see the warnings on its clips") == 1


def test_a_sign_that_the_table_has_not_is_not_explained(tmp_path, capsys):
    path = write(tmp_path, [row(name, "recall", 0.4, 0.1) for name in ("a", "b")])
    _, printed, _ = run(capsys, path, f"--output_dir={tmp_path}")
    assert "*  best" in printed and "!" not in printed and "NOTE" not in printed


def test_long_names_of_runs_are_shortened_on_the_screen_if_they_stay_different(tmp_path, capsys):
    for names, shown in (
        (["runs/mel_if_of_many_months/a", "runs/phase"], ["runs/mel_if_o.._months/a", "runs/phase"]),
        ([f"runs/of_a_long_name_{place}_that_ends_alike" for place in (1, 2)], None),
    ):
        path = write(tmp_path, [row(name, "recall", 0.4, 0.1) for name in names])
        _, printed, _ = run(capsys, path, f"--output_dir={tmp_path}")
        assert printed.splitlines()[0].split() == ["metric", *(shown or names), "real"]


def test_names_cannot_become_tags_or_move_the_cursor(tmp_path, capsys):
    name = "<script>alert(1)</script>\x1b[2J"
    path = write(tmp_path, [row(name, "recall", 0.4, 0.1), row("b", "recall", 0.5, 0.1)])
    _, printed, _ = run(capsys, path, f"--output_dir={tmp_path}")
    assert "\x1b" not in printed and "\\x1b[2J" in printed
    assert "<script>alert" not in (tmp_path / "compare.html").read_text(encoding="utf-8")


def test_a_folder_stands_for_the_evaluation_in_it_and_values_may_follow_a_blank(files, tmp_path, capsys):
    folders = [str(tmp_path / name) for name in ("phase", "if_mel")]
    out = str(tmp_path / "out")
    assert run(capsys, "--newest_only", folders[0], "--output_dir", out, folders[1])[0] == 0
    assert len(read(tmp_path / "out" / "compare.csv")) == 12


def test_numbers_that_were_measured_otherwise_are_refused_and_nothing_is_written(tmp_path, capsys):
    paths = [
        write(tmp_path / "a", [row("a", "recall", 0.1), row("a", "precision", 0.1)]),
        write(
            tmp_path / "b",
            [row("b", "recall", 0.2), row("b", "precision", 0.2, seed=1, fingerprint="f" * 16)],
        ),
    ]
    out = tmp_path / "out"
    status, printed, errors = run(capsys, *paths, f"--output_dir={out}")
    assert (status, printed) == (1, "") and not out.exists()
    assert (
        "cannot be ranked" in errors
        and "precision: the seed of the draws: 0 in a @ 64, 1 in b @ 64." in errors
    )
    assert "--only_comparable" in errors and "Nothing was written" in errors
    status, printed, errors = run(capsys, *paths, f"--output_dir={out}", "--only_comparable")
    assert (status, errors) == (0, "") and "NOTE: Left out: precision" in printed
    assert {one["metric"] for one in read(out / "compare.csv")} == {"recall"}
    assert "Left out: precision" in (out / "compare.html").read_text(encoding="utf-8")


def test_nothing_comparable_at_all_is_refused_even_if_that_is_all_one_asks_for(tmp_path, capsys):
    paths = [write(tmp_path / n, [row(n, "recall", 0.1, fingerprint=n * 16)]) for n in "ab"]
    status, _, errors = run(capsys, *paths, f"--output_dir={tmp_path}", "--only_comparable")
    assert status == 1 and "there is no metric left to compare" in errors


def test_one_file_compares_the_checkpoints_of_a_run_and_warns_of_the_best_of_many(tmp_path, capsys):
    rows = [row("a", "recall", 0.1 + step / 1e6, 0.01, step=step) for step in range(10_000, 210_000, 10_000)]
    status, printed, _ = run(capsys, write(tmp_path, rows), f"--output_dir={tmp_path}")
    assert status == 0 and "@ 200,000" in printed and "best of many checkpoints" in printed
    table = printed.partition("\n*  best")[0].splitlines()
    assert max(map(len, table)) < 120 and len([line for line in table if line.startswith("metric")]) == 4
    marked = {one["step"]: one["mark"] for one in read(tmp_path / "compare.csv")}
    assert (marked["200000"], marked["180000"], marked["170000"]) == ("best", "tied", "worse")


def test_a_table_of_another_version_is_read_as_far_as_it_goes(tmp_path, capsys):
    path = tmp_path / "old.csv"
    path.write_text(
        "run,step,kind,metric,value,fingerprint,loudness\na,,model,recall,0.5,ab,3\nb,8,model,recall,,ab,\n"
    )
    status, printed, _ = run(capsys, str(path), f"--output_dir={tmp_path}")
    assert status == 0
    assert "columns of another version are left out: loudness" in printed
    assert "columns of this version are missing there: class_name, ci_low" in printed
    assert "No recall of b @ 8: no value and no reason." in printed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"", "has no column run, step"),
        (b"metric,value\nrecall,1\n", "has no column run, step, kind, fingerprint"),
        (b"\x89PNG\r\n\xff\x00", "no CSV of the evaluation suite"),
        (b"run,step,kind,metric,value,fingerprint\n", "holds no rows"),
        (b"run,step,kind,metric,value,fingerprint\na,1,model,recall,high,ab\n", "line 2, is no row"),
        (b"run,step,kind,metric,value,fingerprint\na,1,model,recall,nan,ab\n", "line 2, is no row"),
        (b"run,step,kind,metric,value,fingerprint\na,1,robot,recall,1,ab\n", "line 2, is no row"),
        (b"run,step,kind,metric,value,fingerprint,value\na,1,model,recall,1,ab,2\n", "two columns of the name 'value'"),
        (b"run,step,kind,metric,value,fingerprint,ci_low,ci_high\na,1,model,recall,1,ab,2,1\n", "from 2.0 to 1.0 is"),
        (b"run,step,kind,metric,value,fingerprint,ci_low\na,1,model,recall,1,ab,2\n", "from 2.0 to None is none"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_a_mistake_told_in_a_line(tmp_path, capsys, content, words):
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    status, printed, errors = run(capsys, str(path), f"--output_dir={tmp_path}")
    assert (status, printed) == (2, "") and words in errors and errors.count("\n") == 1
    assert not (tmp_path / "compare.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--output_dir=out"], "Expected files to compare"),
        (["x.csv"], "Expected --output_dir"),
        (["x.csv", "--output_dir=out", "--names=a,b"], "2 names and 1 files"),
        (["x.csv", "y.csv", "--output_dir=out", "--names=a,a"], "names that differ"),
        (["x.csv", "--outputdir=out"], "output_dir"),
    ],
)
def test_mistakes_of_the_command_line_have_status_two(arguments, words, capsys):
    status, _, errors = run(capsys, *arguments)
    assert status == 2 and words in errors


def test_a_folder_that_cannot_be_written_has_status_one(files, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    status, _, errors = run(capsys, *files, f"--output_dir={tmp_path / 'file' / 'out'}")
    assert status == 1 and "file" in errors


def test_the_doorstep_teaches_and_loads_no_tensorflow(repository):
    command = "import sys; sys.argv = ['compare.py', '--help']; sys.path[0] = 'eval'\n"
    command += "import runpy\ntry:\n    runpy.run_path('eval/compare.py', run_name='__main__')\n"
    command += "finally:\n    print('tensorflow' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", command], cwd=repository, capture_output=True, text=True, check=True
    )
    assert result.stdout.endswith("False\n")
    for words in ("fingerprint", "--only_comparable", "Exit status", "runs/a/evaluation"):
        assert words in result.stdout
