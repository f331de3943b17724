"""What every metric of the suite is."""

import abc

from gansynth_tf.evaluation.suite.evidence import Evidence, Findings


class Metric(abc.ABC):
    """Told its parameters, a metric measures one set of clips after another.

    Parameters are what its constructor takes by name and keeps under these names.

    Attributes:
        key: Its name in METRICS; its numbers have that name, or one that begins with it.
        version: Raised when the same clips would be given another number or interval.
        searches_training: Whether all training clips must have been taken to the spaces that it needs, too.
        is_timing: Whether it measures time, and so another number at every start.
    """

    key: str
    version: int = 1
    searches_training: bool = False
    is_timing: bool = False

    @property
    @abc.abstractmethod
    def needs(self) -> tuple[str, ...]:
        """Spaces that the clips must have been taken to."""

    @abc.abstractmethod
    def measure(self, evidence: Evidence) -> Findings:
        """Returns its numbers.

        Raises:
            CannotMeasure: If there is none to be had; says why.
            ValueError: If the clips are nothing that can be measured.
        """


class MetricOfSpace(Metric):
    """A metric of the features of one space.

    Args:
        space: Space of the features.
    """

    def __init__(self, *, space: str):
        self.space = space

    @property
    def needs(self) -> tuple[str, ...]:
        """Its one space."""
        return (self.space,)
