import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.training.observers.tensorboard import MAX_CLASSES, TensorBoardLog


def events(directory):
    """Returns [(step, tag, plugin)] of all values, in the order of the files."""
    found = []
    for path in sorted(directory.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                found.append((event.step, value.tag, value.metadata.plugin_data.plugin_name))
    return found


def steps(directory):
    return sorted({step for step, _, _ in events(directory)})


@pytest.fixture
def audio():
    return np.sin(np.arange(1600, dtype=np.float32) / 3)[None] * np.array([[0.5], [2.0]], np.float32)


def test_scalars_sounds_and_pictures_are_written_at_their_count_of_images(tmp_path, audio):
    log = TensorBoardLog(tmp_path, 16000, ("jazz", "rock"))
    log.on_log(64, {"generator_loss": 1.5})
    log.on_preview(128, audio, np.array([[1], [0]], np.int32), None)
    log.close()
    assert sorted(events(tmp_path)) == [
        (64, "generator_loss", "scalars"),
        (128, "audio/jazz", "audio"),
        (128, "audio/rock", "audio"),
        (128, "spectrogram/jazz", "images"),
        (128, "spectrogram/rock", "images"),
    ]


def test_the_log_is_cut_back_to_the_save(tmp_path):
    log = TensorBoardLog(tmp_path, 16000, ())
    for num_images in (64, 128, 192, 256, 320):
        log.on_log(num_images, {"loss": 1.0})
        if num_images in (128, 256):
            log.on_save(num_images)
    log.close()
    assert steps(tmp_path) == [64, 128, 192, 256, 320]
    again = TensorBoardLog(tmp_path, 16000, ())
    again.on_resume(128)
    assert steps(tmp_path) == [64, 128]
    again.on_log(200, {"loss": 2.0})
    again.close()
    assert steps(tmp_path) == [64, 128, 200]
    third = TensorBoardLog(tmp_path, 16000, ())
    third.on_resume(128)
    assert steps(tmp_path) == [64, 128]


def test_a_run_without_a_save_begins_its_log_anew(tmp_path):
    log = TensorBoardLog(tmp_path, 16000, ())
    log.on_resume(0)
    log.on_log(64, {"loss": 1.0})
    log.close()
    TensorBoardLog(tmp_path, 16000, ()).on_resume(0)
    assert not list(tmp_path.iterdir())


def test_files_of_others_stay(tmp_path):
    for name in ("events.out.tfevents.1.host", "notes.txt"):
        (tmp_path / name).touch()
    TensorBoardLog(tmp_path, 16000, ()).on_resume(0)
    assert len(list(tmp_path.iterdir())) == 2


def test_of_very_many_classes_the_first_are_logged(tmp_path, audio):
    names = tuple(str(number) for number in range(61))
    log = TensorBoardLog(tmp_path, 16000, names)
    log.on_preview(1, np.repeat(audio[:1], 61, axis=0), np.arange(61, dtype=np.int32)[:, None], None)
    log.close()
    assert len(events(tmp_path)) == 2 * MAX_CLASSES


def test_what_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "logs").write_text("a file, no folder")
    with pytest.raises(OSError, match="TensorBoard log was not written"):
        TensorBoardLog(tmp_path / "logs", 16000, ()).on_log(64, {"loss": 1.0})
