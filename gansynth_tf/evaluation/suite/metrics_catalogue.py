"""The metrics of the suite. A new one is one class and one line here, and one in the protocols that ask for it."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gansynth_tf.evaluation.suite import distributions, diversity, recognition
from gansynth_tf.evaluation.suite.evidence import Evidence, Findings
from gansynth_tf.options import UserError


class Metric(Protocol):
    """What a metric is: told its parameters, it measures one set of clips after another.

    Attributes:
        key: Its name in METRICS; its numbers have that name, or one that begins with it.
        version: Raised when the same clips would be given another number.
        needs: Spaces that clips must have been taken to.
        searches_training: Whether all training clips must have been taken to these, too.
        is_timing: Whether it measures time, and so another number at every start.
    """

    key: str
    version: int
    needs: tuple[str, ...]
    searches_training: bool
    is_timing: bool

    def measure(self, evidence: Evidence) -> Findings:
        """Returns its numbers.

        Raises:
            CannotMeasure: If there is none to be had; says why.
            ValueError: If the clips are nothing that can be measured.
        """
        ...


METRICS: dict[str, type] = {
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
        diversity.DistanceSelf,
        diversity.DistanceTrain,
        diversity.WithinClassDistance,
        diversity.MultiScaleSimilarity,
        diversity.ModeSeekingRatio,
        diversity.RealTimeFactor,
    )
}


def make_metric(key: str, parameters: Mapping[str, Any]) -> Any:
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


def parameters_of(metric: Any) -> dict[str, Any]:
    """Returns all parameters of a metric, fit for JSON: those it was not told have its defaults."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(metric).items()}
