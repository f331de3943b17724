"""What watches a training that a user started: joins the observers with the run."""

import sys

from gansynth_tf.training import costs
from gansynth_tf.training.observers.alarm import DiversityAlarm
from gansynth_tf.training.observers.history import History
from gansynth_tf.training.observers.previews import Previews
from gansynth_tf.training.observers.progress import ProgressLine
from gansynth_tf.training.observers.tensorboard import TensorBoardLog


def make_observers(experiment, facts):
    """Returns the observers of a run.

    Args:
        experiment: Holds the alarm's options.
        facts: `gansynth_tf.training.session.RunFacts`.
    """
    class_names = next(iter(facts.record.labels.values()), ())
    sample_rate = facts.record.sample_rate
    shapes = [facts.architecture.stage_shape(stage) for stage in range(facts.growth.num_stages)]
    networks = facts.architecture.make_generator(), facts.architecture.make_discriminator()
    turns = costs.shares_of_turns(experiment.training.discriminator_steps, experiment.loss.penalty_interval)
    relative_costs = [
        cost.mean_operations(turns)
        for cost in costs.stage_costs(facts.architecture, *networks, experiment.training.batch_size)
    ]
    progress_line = ProgressLine(facts.growth, shapes, sys.stdout, relative_costs=relative_costs)
    history = History(facts.run_dir / "history.csv")
    tensorboard = TensorBoardLog(facts.run_dir / "logs", sample_rate, class_names)
    previews = Previews(facts.run_dir / "samples", sample_rate, class_names)
    alarm = experiment.build(
        DiversityAlarm,
        facts.data,
        facts.rows,
        class_names,
        progress_line.note,
        (history, tensorboard),
        experiment.seed,
        prefix="alarm",
    )
    return [progress_line, history, tensorboard, previews, alarm]
