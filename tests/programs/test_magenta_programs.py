"""What is done with a checkpoint of the original: import, play, go on training, start another run from it, export."""

import numpy as np
import pytest

from gansynth_tf.programs import export_magenta, generate, import_magenta, train
from gansynth_tf.training.checkpoints import CheckpointStore
from tests.magenta.made_folders import STEPS, arrays_of, make_folder

# One block, which is traced in half the time of two.
SIZE = {"num_resolutions": 1, "start_height": 16, "start_width": 64, "total_num_images": 80}
# 61 notes, one of each pitch.
DATA = ["--dataset=notes", "--notes.families=flute", "--notes.num_clips=61", "--notes.num_test_clips=61"]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """The folder of an imported run that will go on with embedded notes."""
    folder = tmp_path_factory.mktemp("magenta")
    make_folder(folder / "theirs", stages=(0,), **SIZE)
    arguments = [f"--checkpoint_dir={folder / 'theirs'}", f"--run_dir={folder / 'run'}", *DATA]
    assert import_magenta.main(arguments) == 0
    return folder / "run"


def saved(run_dir):
    store = CheckpointStore(run_dir / "checkpoints")
    return store.load(store.latest())


def test_a_run_is_played_trained_on_and_exported(run_dir, tmp_path, capsys):
    first, _ = saved(run_dir)
    assert generate.main([f"--run_dir={run_dir}", "--label=pitch=60", "--num_samples=1"]) == 0
    assert (run_dir / "clips" / "60_seed0_000.wav").is_file()
    flagfile = f"--flagfile={run_dir / 'experiment.cfg'}"
    assert train.main([flagfile, "--total_images=104", "--preview_minutes=0", "--num_workers=1"]) == 0
    assert "Going on after 88 images." in capsys.readouterr().out
    arrays, counters = saved(run_dir)
    assert (counters["num_images"], counters["phase_index"]) == (104, 0)
    # Two batches of eight: Adam counted on from where it was, and nothing was trained from its beginning.
    assert int(arrays["generator_optimizer/000"]) == STEPS + 2
    change = np.abs(arrays["generator/block_1_conv0/kernel"] - first["generator/block_1_conv0/kernel"])
    assert 0 < change.max() < 0.01
    arguments = [f"--run_dir={run_dir}", f"--output_dir={tmp_path / 'back'}"]
    assert export_magenta.main(arguments) == 0
    theirs = arrays_of(tmp_path / "back" / "stage_00000" / "model.ckpt-104")
    assert theirs["global_step"] == 104
    name = "Generator/progressive_gan_generator/progressive_gan_block_1/conv0/conv2d/kernel"
    np.testing.assert_array_equal(theirs[name], arrays["generator/block_1_conv0/kernel"])


def test_another_run_starts_from_an_imported_one(run_dir, tmp_path, capsys):
    lines = (run_dir / "experiment.cfg").read_text().splitlines()
    own = (
        "--stable_images",
        "--total_images",
        "--generator_learning_rate",
        "--preview_minutes",
        "--init_from",
    )
    flagfile = tmp_path / "next.cfg"
    changes = [
        "--stable_images=16",
        "--total_images=16",
        "--generator_learning_rate=0.001",
        "--preview_minutes=0",
    ]
    flagfile.write_text("\n".join([line for line in lines if not line.startswith(own)] + changes))
    arguments = [f"--flagfile={flagfile}", f"--run_dir={tmp_path / 'next'}", f"--init_from={run_dir}"]
    assert train.main(arguments) == 0, capsys.readouterr()
    arrays, counters = saved(tmp_path / "next")
    source, _ = saved(run_dir)
    assert counters["num_images"] == 16
    change = np.abs(arrays["generator/block_1_conv1/kernel"] - source["generator/block_1_conv1/kernel"])
    assert 0 < change.max() < 0.02


def test_help_lists_the_options(capsys):
    assert import_magenta.main(["--help"]) == 0
    assert "--stage=INTEGER" in capsys.readouterr().out
    assert export_magenta.main(["--help"]) == 0
    assert "--tfds_data_dir=TEXT" in capsys.readouterr().out
