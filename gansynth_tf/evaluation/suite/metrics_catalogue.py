"""The metrics of the suite. A new one is one class and one line here, and one in the protocols that ask for it."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from gansynth_tf.evaluation.suite import distributions, diversity, memorisation, recognition
from gansynth_tf.evaluation.suite.metric import Metric
from gansynth_tf.options import UserError

METRICS: dict[str, type[Metric]] = {
    metric.key: metric
    for metric in (
        recognition.InceptionScore,
        recognition.SplitInceptionScore,
        recognition.Accuracy,
        recognition.LabelEntropy,
        recognition.MarginalEntropy,
        distributions.FrechetDistance,
        distributions.FrechetInfinity,
        distributions.KernelDistance,
        distributions.Precision,
        distributions.Recall,
        distributions.Density,
        distributions.Coverage,
        distributions.DifferentBins,
        memorisation.DistanceSelf,
        memorisation.DistanceTrain,
        diversity.WithinClassDistance,
        diversity.MultiScaleSimilarity,
        diversity.ModeSeekingRatio,
        diversity.RealTimeFactor,
    )
}


def make_metric(key: str, parameters: Mapping[str, Any]) -> Metric:
    """Returns a metric with its parameters.

    Raises:
        UserError: If there is no such metric, or it has no such parameter.
    """
    check_keys([key])
    known = inspect.signature(METRICS[key]).parameters
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise UserError(
            f"The metric {key} has no parameter {unknown[0]!r}, but {', '.join(known) or 'none'}."
        )
    return METRICS[key](**parameters)


def check_keys(keys: Sequence[str]) -> None:
    """Raises UserError if one of `keys` is no metric."""
    for key in keys:
        if key not in METRICS:
            raise UserError(f"There is no metric {key!r}, but {', '.join(METRICS)}.")


def parameters_of(metric: Metric) -> dict[str, Any]:
    """Returns all parameters of a metric, fit for JSON: those it was not told have its defaults."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(metric).items()}
