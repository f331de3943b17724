"""How training calls the evaluation suite."""

from types import SimpleNamespace

from gansynth_tf.options import WorkFailed
from gansynth_tf.programs import evaluate, observers
from gansynth_tf.training.observers.evaluations import Evaluations


def test_a_save_is_evaluated_with_the_run_and_the_options(monkeypatch, tmp_path):
    calls, notes = [], []
    monkeypatch.setattr(observers.evaluate, "run", lambda *given: calls.append(given))
    experiment = SimpleNamespace()
    options = {"every_images": 10, "classifier_dir": "c", "num_samples": 64, "num_splits": 0}
    watcher = Evaluations(observers.evaluating(experiment, tmp_path), notes.append, **options)
    watcher.on_save(12)
    wanted = {"run_dir": str(tmp_path), "checkpoints": ("12",), "classifier_dir": "c", "num_samples": 64}
    assert calls == [(evaluate.Options(num_splits=0, **wanted), experiment)]
    assert len(notes) == 1


def test_work_that_fails_does_not_end_training(monkeypatch, tmp_path):
    def failing(*given):
        raise WorkFailed("No space left on device.")

    monkeypatch.setattr(observers.evaluate, "run", failing)
    assert observers.evaluating(None, tmp_path)(12, Evaluations(None, None)) == "No space left on device."
