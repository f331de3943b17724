"""What a feature space is, and the hash by which two of them are told apart."""

import abc
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


class Space(abc.ABC):
    """Turns clips into arrays, each clip by itself: what stands beside it in a batch does not matter.

    Attributes:
        key: Its name in tables, such as log_mel.
        version: Raised when the same facts would give other values.
        audible_from: Where values are natural logarithms of magnitudes, those below are what dither of a 16-bit file
            has, and may be taken for silence. None where they are not, or nothing is known of that.

    Args:
        sample_rate: Of the clips, in hertz.
        length_samples: Their length.
    """

    key: str
    version: int = 1
    audible_from: float | None = None

    def __init__(self, sample_rate: int, length_samples: int):
        self.sample_rate = sample_rate
        self.length_samples = length_samples

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that changes its values, fit for JSON: two spaces of one identity give the same values."""
        return {
            "space": self.key,
            "version": self.version,
            "sample_rate": self.sample_rate,
            "length_samples": self.length_samples,
            **self.facts(),
        }

    @abc.abstractmethod
    def facts(self) -> dict[str, Any]:
        """Returns what changes its values besides the clips' rate and length, fit for JSON."""

    @property
    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the arrays that `of` gives, in their order."""

    @abc.abstractmethod
    def of(self, audio) -> dict[str, np.ndarray]:
        """Returns {array's name: [batch, ...] float32} of clips [batch, length_samples] float32, full scale 1."""


def content_hash(facts: Mapping[str, Any]) -> str:
    """Returns 32 hexadecimal digits that stand for `facts`, in whichever order these are written.

    Raises:
        ValueError: If a number is not finite.
        TypeError: If something does not fit into JSON.
    """
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check_clips(audio, length_samples: int) -> np.ndarray:
    """Returns clips as float32.

    Args:
        audio: [batch, length_samples] float.
        length_samples: Their length.

    Raises:
        ValueError: If they have another shape.
    """
    audio = np.asarray(audio, np.float32)
    if audio.ndim != 2 or audio.shape[1] != length_samples:
        raise ValueError(f"`audio` must have the shape [batch, {length_samples}]. Received: {audio.shape}.")
    return audio


def fitted(audio: np.ndarray, num_samples: int) -> np.ndarray:
    """Returns the first samples of clips [batch, length_samples], with silence after shorter ones.

    Args:
        audio: [batch, length_samples].
        num_samples: Length wanted.

    Returns:
        [batch, num_samples].
    """
    missing = max(0, num_samples - audio.shape[1])
    return np.pad(audio[:, :num_samples], [(0, 0), (0, missing)])
