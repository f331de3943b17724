"""Evaluations while a run trains: after each so many images, and never in the way of training."""

import pytest

from gansynth_tf.training.observers.evaluations import Evaluations


def watched(failure="", **options):
    evaluated, notes = [], []

    def evaluate(num_images, told):
        evaluated.append((num_images, told.classifier_dir))
        return failure

    return Evaluations(evaluate, notes.append, **options), evaluated, notes


def test_the_first_save_after_each_multiple_is_evaluated():
    observer, evaluated, notes = watched(every_images=100, classifier_dir="c")
    observer.on_resume(0)
    for images in (40, 130, 170, 199, 200, 420, 450):
        observer.on_save(images)
    assert evaluated == [(130, "c"), (200, "c"), (420, "c")]
    assert notes[0] == "Evaluating the save of 130 images; training waits."


def test_a_run_that_goes_on_counts_from_there():
    observer, evaluated, _ = watched(every_images=100)
    observer.on_resume(150)
    observer.on_save(190)
    observer.on_save(210)
    assert evaluated == [(210, "")]


def test_it_is_off_unless_asked_for():
    observer, evaluated, notes = watched()
    observer.on_save(1000)
    assert not evaluated and not notes


def test_a_failure_is_told_and_training_goes_on():
    observer, _, notes = watched("the disk is full", every_images=10)
    observer.on_save(20)
    assert notes[-1] == "The evaluation failed, and training goes on: the disk is full"


@pytest.mark.parametrize("options", [{"every_images": -1}, {"num_samples": -1}, {"num_splits": 1}])
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="num_splits"):
        watched(**options)
