"""Folders that cannot be imported: one line with the name, status 1, and nothing written."""

import errno
import json
import os

import numpy as np
import pytest

from gansynth_tf.magenta import names
from gansynth_tf.magenta.exporting import write_checkpoint
from gansynth_tf.magenta.importing import import_run
from gansynth_tf.programs import export_magenta, import_magenta
from gansynth_tf.training.checkpoints import CheckpointStore
from tests.magenta.made_folders import SMALL, make_folder

CONV = "Generator/progressive_gan_generator/progressive_gan_block_2/conv0/conv2d/kernel"
AVERAGE = f"{CONV}/ExponentialMovingAverage"
SLOT = f"progressive_gan_train_ops/{CONV}/Adam"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(folder, its arrays) of stages 1 and 2; tests copy what they break."""
    folder = tmp_path_factory.mktemp("whole") / "theirs"
    return folder, make_folder(folder, stages=(1, 2))


@pytest.fixture
def theirs(whole, tmp_path):
    """A folder of links to the whole one; a test replaces what it breaks."""
    folder = tmp_path / "theirs"
    for path in whole[0].rglob("*"):
        target = folder / path.relative_to(whole[0])
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.write_bytes(path.read_bytes())
    return folder


@pytest.fixture
def refused(theirs, tmp_path, capsys):
    """A function that imports, and checks that it fails as it must."""

    def check(*messages, arguments=(), status=1):
        before = sorted(tmp_path.rglob("*"))
        found = import_magenta.main(
            [f"--checkpoint_dir={theirs}", f"--run_dir={tmp_path / 'run'}", *arguments]
        )
        error = capsys.readouterr().err
        assert len(error.strip().splitlines()) == 1, error
        assert error.startswith("ERROR: ")
        for message in messages:
            assert message in error
        assert found == status
        assert sorted(tmp_path.rglob("*")) == before

    return check


def settings_with(theirs, **changes):
    (theirs / "experiment.json").write_text(json.dumps(SMALL | changes))


def test_a_folder_that_is_none(refused, theirs):
    refused(
        "nowhere is no folder of the original GANSynth",
        "experiment.json is missing",
        arguments=["--checkpoint_dir=nowhere"],
    )
    (theirs / "experiment.json").unlink()
    refused(str(theirs), "experiment.json is missing. Name the unpacked folder")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data_type": "mel", ', "experiment.json is broken: Expecting property name"),
        ("", "experiment.json is broken: Expecting value"),
        ("[1, 2]", "experiment.json should hold an object of settings. It holds a list"),
        ("[" * 100_000, "experiment.json is broken: "),
        ("\udcff", "experiment.json is broken: 'utf-8' codec"),
    ],
)
def test_a_broken_json(refused, theirs, text, message):
    (theirs / "experiment.json").write_bytes(text.encode(errors="surrogateescape"))
    refused(message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_type": "wave"}, "data_type is 'wave'"),
        ({"simple_arch": True}, "simple_arch is True"),
        ({"start_height": 3}, "experiment.json asks for what cannot be had here: "),
        ({"audio_length": 64000}, "asks for what cannot be had here: mel_if: 16 frames of 128 samples"),
        ({"adam_beta2": 1.5}, "`adam_beta2` must lie in [0, 1)"),
        ({"num_resolutions": 1}, "has a stage 2; the last that experiment.json knows is 0"),
        ({"latent_vector_size": 7}, "conv2d/kernel should be float32 of shape [8, 32, 68, 4]"),
        ({"start_width": 16}, "should be float32 of shape [8, 16, 67, 4] by experiment.json"),
        ({"fmap_max": 3}, "conv0/conv2d/kernel should be float32 of shape [8, 32, 67, 3]"),
        (
            {"mag_normalizer_a": 0.0},
            "The constants of the specgrams_prespecified_normalizer are not finite, or zero",
        ),
    ],
)
def test_settings_without_counterpart_or_of_other_networks(refused, theirs, changes, message):
    if "start_height" in changes:
        # Networks that fit, of a size that has no representation.
        for path in sorted(theirs.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        theirs.rmdir()
        make_folder(theirs, **changes)
    settings_with(theirs, **changes)
    refused(message)


def test_no_stage_an_unknown_stage_and_an_unfinished_one(refused, theirs):
    refused("has no stage 0, but 1, 2.", arguments=["--stage=0"])
    for path in (theirs / "stage_00002").iterdir():
        path.unlink()
    (theirs / "stage_00002" / "events.out.tfevents").touch()
    refused("stage_00002 is unfinished: it holds no checkpoint (*.index). Choose --stage=1.")
    for path in (theirs / "stage_00001").iterdir():
        path.unlink()
    refused("stage_00002 is unfinished", "No other stage has one either.")
    for number in (1, 2):
        for path in (theirs / f"stage_0000{number}").iterdir():
            path.unlink()
        (theirs / f"stage_0000{number}").rmdir()
    refused("it holds no stage_* folder")


def test_an_earlier_stage_is_taken_where_the_last_is_unfinished(theirs, tmp_path):
    for path in (theirs / "stage_00002").iterdir():
        path.unlink()
    arguments = [f"--checkpoint_dir={theirs}", f"--run_dir={tmp_path / 'run'}", "--stage=1"]
    assert import_magenta.main(arguments) == 0


@pytest.mark.parametrize("name", [CONV, AVERAGE, SLOT, names.GLOBAL_STEP, names.CLASSES])
def test_a_missing_variable(refused, theirs, whole, name):
    arrays = {key: value for key, value in whole[1][2].items() if key != name}
    write_checkpoint(theirs / "stage_00002" / "model.ckpt-248", arrays)
    refused("model.ckpt-248 lacks the variable", name)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (CONV, lambda value: value[..., :1], "should be float32 of shape [3, 3, 4, 2] by experiment.json"),
        (CONV, np.float64, "It is float64 of shape [3, 3, 4, 2]"),
        (CONV, lambda value: value * np.nan, "holds numbers that are not finite"),
        (SLOT, lambda value: value * np.inf, "holds numbers that are not finite"),
        (names.GLOBAL_STEP, lambda value: value - 10**6, "global_step is -999752, expected the images"),
        (names.GLOBAL_STEP, np.float32, "should be int64 of shape []"),
        (names.CLASSES, lambda value: value[:60], "conv2d/kernel should be float32 of shape [8, 32, 66, 4]"),
        (
            names.power_names("generator")[1],
            lambda value: np.float32(value + 1),
            "Adam of the generator is damaged",
        ),
    ],
)
def test_a_variable_that_is_not_what_it_should_be(refused, theirs, whole, name, change, message):
    changed = {key: change(value) if key == name else value for key, value in whole[1][2].items()}
    write_checkpoint(theirs / "stage_00002" / "model.ckpt-248", changed)
    refused(message)


@pytest.mark.parametrize("suffix", [".data-00000-of-00001", ".index"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_file(refused, theirs, suffix, share):
    path = theirs / "stage_00002" / f"model.ckpt-248{suffix}"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused("The checkpoint", "model.ckpt-248 cannot be read: ", "Get the folder again.")


def test_a_missing_data_file_and_flipped_bits(refused, theirs):
    path = theirs / "stage_00002" / "model.ckpt-248.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused("model.ckpt-248 cannot be read: ")
    path.unlink()
    refused("model.ckpt-248 cannot be read: ")
    (theirs / "stage_00002" / "model.ckpt-248.index").write_bytes(b"not an index" * 100)
    refused("model.ckpt-248 cannot be read: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "specgrams_simple_normalizer.npz is missing"),
        (b"not an archive", "specgrams_simple_normalizer.npz is broken"),
        ({"other": np.zeros(4)}, "specgrams_simple_normalizer.npz is broken"),
        ({"normalizer": np.zeros(3)}, "should hold numbers of the shape (4,). It holds (3,)"),
        ({"normalizer": np.array([object()] * 4)}, "specgrams_simple_normalizer.npz is broken"),
        (
            {"normalizer": np.array([1.0, 0.0, np.inf, 0.0])},
            "specgrams_simple_normalizer are not finite, or zero",
        ),
    ],
)
def test_broken_constants(refused, theirs, content, message):
    settings_with(theirs, data_normalizer="specgrams_simple_normalizer")
    (theirs / "assets").mkdir()
    path = theirs / "assets" / "specgrams_simple_normalizer.npz"
    if isinstance(content, dict):
        np.savez(path, **content)
    elif content:
        path.write_bytes(content)
    refused(message)


def test_constants_of_a_bin_that_never_changed(refused, theirs):
    # The original divides by zero there: the first bin of mel data is constant.
    settings_with(theirs, data_normalizer="specgrams_freq_normalizer")
    (theirs / "assets").mkdir()
    numbers = np.ones((64, 4))
    numbers[0] = [np.inf, np.nan, 1.0, 0.0]
    np.savez(theirs / "assets" / "specgrams_freq_normalizer.npz", normalizer=numbers)
    refused("The constants of bin 0 of the specgrams_freq_normalizer are not finite, or zero")


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_a_run_dir_that_exists(refused, tmp_path, kind):
    target = tmp_path / "run"
    {"folder": target.mkdir, "file": target.touch, "dangling link": lambda: os.symlink("x", target)}[kind]()
    refused("run exists already; nothing was changed. Name a new folder.")


def test_a_place_where_nothing_can_be_written(refused, tmp_path):
    (tmp_path / "file").touch()
    refused(
        "file/run cannot be written: Not a directory", arguments=[f"--run_dir={tmp_path / 'file' / 'run'}"]
    )


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_half_way_leaves_nothing(theirs, tmp_path, monkeypatch, capsys, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(CheckpointStore, "save", fail)
    status = import_magenta.main([f"--checkpoint_dir={theirs}", f"--run_dir={tmp_path / 'runs' / 'new'}"])
    is_full = isinstance(error, OSError)
    assert status == (1 if is_full else 130)
    assert ("No space left on device" in capsys.readouterr().err) == is_full
    assert [path.name for path in tmp_path.rglob("*") if "run" in path.name] in ([], ["runs"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--checkpoint_dir is missing"),
        (["--checkpoint_dir=x"], "--run_dir is missing"),
        (["--checkpoint_dir=x", "--run_dir=y", "--stage=last"], "--stage takes a whole number"),
        (["--checkpoint_dir=x", "--run_dir=y", "--batch_sise=4"], "Did you mean --batch_size?"),
    ],
)
def test_a_mistake_on_the_command_line_is_status_2(arguments, message, capsys):
    assert import_magenta.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_an_export_refuses_and_leaves_nothing(theirs, tmp_path, capsys):
    def exported(run_dir, output_dir):
        status = export_magenta.main([f"--run_dir={run_dir}", f"--output_dir={output_dir}"])
        return status, capsys.readouterr().err

    import_run(theirs, tmp_path / "run")
    assert exported(tmp_path / "nowhere", tmp_path / "out")[0] == 1
    status, error = exported(tmp_path / "run", theirs)
    assert status == 1 and "exists already" in error
    (save,) = (tmp_path / "run" / "checkpoints").glob("*.npz")
    save.write_bytes(save.read_bytes()[:1000])
    status, error = exported(tmp_path / "run", tmp_path / "out")
    assert status == 1 and "holds no good save yet" in error and len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert export_magenta.main(["--run_dir=x"]) == 2
