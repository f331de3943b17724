"""What watches a training that a user started: joins the observers with the run."""

import sys

from gansynth_tf.training.observers.history import History
from gansynth_tf.training.observers.previews import Previews
from gansynth_tf.training.observers.progress import ProgressLine


def make_observers(facts):
    """Returns the observers of a run.

    Args:
        facts: `gansynth_tf.training.session.RunFacts`.
    """
    labels = facts.record.labels
    class_names = next(iter(labels.values()), ())
    stages = range(facts.growth.num_stages)
    shapes = [facts.architecture.stage_shape(stage) for stage in stages]
    return [
        ProgressLine(facts.growth, shapes, sys.stdout),
        History(facts.run_dir / "history.csv"),
        Previews(facts.run_dir / "samples", facts.record.sample_rate, class_names),
    ]
