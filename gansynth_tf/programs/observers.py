"""What watches a training that a user started: joins the observers with the run."""

import sys

from gansynth_tf.options import UserError
from gansynth_tf.programs import evaluate
from gansynth_tf.training import costs
from gansynth_tf.training.observers.alarm import DiversityAlarm
from gansynth_tf.training.observers.evaluations import Evaluations
from gansynth_tf.training.observers.history import History
from gansynth_tf.training.observers.previews import Previews
from gansynth_tf.training.observers.progress import ProgressLine
from gansynth_tf.training.observers.tensorboard import TensorBoardLog


def make_observers(experiment, facts):
    """Returns the observers of a run.

    Args:
        experiment: Holds the options of the alarm and of evaluations.
        facts: `gansynth_tf.training.session.RunFacts`.

    Raises:
        UserError: If evaluations are asked for, and could never be made.
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
    evaluations = experiment.build(
        Evaluations, evaluating(experiment, facts.run_dir), progress_line.note, prefix="evaluate"
    )
    if evaluations.every_images:
        evaluate.check_choices(evaluations.protocol)
        evaluate.opened_classifier(evaluations.classifier_dir, sample_rate, facts.record.length_samples)
    return [progress_line, history, tensorboard, previews, alarm, evaluations]


def evaluating(experiment, run_dir):
    """Returns what `Evaluations` calls: it evaluates a save of a run, and returns what went wrong.

    Args:
        experiment: Of the run, its data open.
        run_dir: Folder of the run.
    """

    def evaluate_save(num_images, told):
        wanted = evaluate.Options(
            run_dir=str(run_dir),
            checkpoints=(str(num_images),),
            classifier_dir=told.classifier_dir,
            protocol=told.protocol,
            num_samples=told.num_samples,
            num_splits=told.num_splits,
        )
        try:
            evaluate.run(wanted, experiment)
        except UserError as error:
            return str(error)
        return ""

    return evaluate_save
