"""The table and the pictures of the measurement, in miniature."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "measure_representations.py"


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("measure_representations", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def measure(script, tmp_path, monkeypatch):
    """Runs the script on clips of 1,500 samples at 8 kHz; returns its rows and the folder."""
    rng = np.random.default_rng(0)
    for index in range(3):
        soundfile.write(tmp_path / f"{index}.wav", 0.1 * rng.standard_normal(2000), 8000)

    def run(*arguments):
        sizes = ["--num_clips=2", "--sample_rate=8000", "--length_samples=1500", f"--output_dir={tmp_path}"]
        monkeypatch.setattr("sys.argv", ["measure", *sizes, "--sounds", f"noise={tmp_path}", *arguments])
        script.main()
        with open(tmp_path / "representations.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file)), tmp_path

    return run


def test_a_size_of_ones_own_is_measured_with_the_frames_it_needs(measure):
    rows, folder = measure("--only=linear_if", "--drawn_clip=0", "--options", "num_bins=32", "overlap=0.75")
    (row,) = rows
    assert row["shape"] == "128x32x2" and row["sounds"] == "noise" and row["clips"] == "2"
    assert float(row["signal_to_noise_db"]) > 10 and float(row["to_data_clips_per_core_second"]) > 0
    assert float(row["noisy_spectral_distance_db"]) > float(row["spectral_distance_db"])
    assert row["pitch_change_cents"] == "nan"
    assert (folder / "representations_noise.png").stat().st_size > 1000


def test_sizes_are_those_of_parts_that_exist(script):
    from gansynth_tf.representations import REPRESENTATIONS

    assert set(script.SIZES) <= set(REPRESENTATIONS)
    for name, size in script.wanted_sizes(type("All", (), {"only": "", "options": []})):
        script.fitting(name, size, 16000, 16000)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--only=linear"], "There is no linear"),
        (["--options", "num_bins=32"], "Name it with --only"),
        (["--only=mel_if", "--options", "bins=32"], "mel_if has no option bins"),
        (["--sounds", "nothing"], "Expected NAME=FOLDER or one of"),
    ],
)
def test_what_is_not_there_is_refused(measure, arguments, message):
    with pytest.raises(SystemExit, match=message):
        measure(*arguments)
