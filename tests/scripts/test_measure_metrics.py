"""The table of what metrics cost, in miniature."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "measure_metrics.py"


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("measure_metrics", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


SMALL = ["--num=120", "--num_features=8", "--num_classes=5", "--num_bin_features=8", "--num_log_mel=4"]


@pytest.mark.parametrize("name", ["Frechet distance, error", "precision, recall, density, coverage"])
def test_a_metric_has_a_line_with_times_and_memory(script, capsys, name):
    script.main([*SMALL, f"--only={name}"])
    first, header, line, total = capsys.readouterr().out.splitlines()
    assert first.startswith("120 reals and fakes, 8 features") and header.split()[0] == "metric"
    assert line.startswith(name) and total.startswith("all")
    processor, wall, memory = map(float, line[len(name) :].split())
    assert processor >= 0 and wall >= 0 and memory > 10


def test_a_name_of_no_metric_is_refused(script, capsys):
    with pytest.raises(SystemExit):
        script.main(["--only=nothing"])
    assert "no metric's name holds 'nothing'" in capsys.readouterr().err


def test_every_metric_runs(script):
    sizes = script.Sizes(60, 4, 6, 4, 2, 0)
    for name, prepared in script.METRICS.items():
        if "similarity" not in name:
            function, arguments = prepared(sizes)
            function(*arguments)
