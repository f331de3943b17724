"""Every dataset of the catalogue is trained on for two stages, by the program that users start.

    python -m pytest -m slow tests/programs/test_train_on_datasets.py

About ten seconds a dataset, of which most are spent on tracing.
"""

import csv

import pytest

from gansynth_tf.data import DATASETS
from gansynth_tf.programs import train
from tests.data.small_forms import LENGTH, RATE, put_small_forms, surroundings_of

SIZES = {
    "sample_rate": RATE,
    "length_samples": LENGTH,
    "mel_if.num_frames": 16,
    "mel_if.num_bins": 512,
    "mel_if.num_mel_bins": 32,
    "progressive.latent_size": 16,
    "progressive.filters": "16,16,8",
    "stable_images": 32,
    "fade_images": 16,
    "num_workers": 1,
    "log_seconds": 0,
}


@pytest.fixture(scope="module")
def small_forms(tmp_path_factory):
    return put_small_forms(tmp_path_factory.mktemp("small_forms"))


@pytest.mark.slow
@pytest.mark.parametrize("key", DATASETS)
def test_a_dataset_is_trained_on_for_two_stages(key, small_forms, tmp_path, capsys):
    options = SIZES | {f"{key}.{name}": value for name, value in small_forms.get(key, {}).items()}
    texts = {
        name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in options.items()
    }
    arguments = [f"--dataset={key}", f"--run_dir={tmp_path / 'run'}"]
    if key == "nsynth":  # Its small form has every pitch once or twice.
        texts["labels"] = "instrument_family"
        texts["nsynth.sources"] = "acoustic,electronic,synthetic"
    with surroundings_of(key):
        status = train.main(arguments + [f"--{name}={text}" for name, text in texts.items()])
    assert status == 0, capsys.readouterr()
    with open(tmp_path / "run" / "history.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {float(line["stage"]) for line in lines if line["stage"]} == {0.0, 1.0}
    assert int(lines[-1]["num_images"]) == 80
