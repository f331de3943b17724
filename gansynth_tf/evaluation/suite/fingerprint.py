"""Whether two numbers may be compared: a hash of everything that changes a metric's value but the model."""

import hashlib
import json
import math
import numbers
from collections.abc import Mapping

# Raised when the same facts would be hashed otherwise.
FINGERPRINT_VERSION = 1
# Every fact that a fingerprint is made of, in words. A fact that does not apply is None: none can be forgotten.
FACTS = {
    "metric": "the metric",
    "metric_version": "the version of the metric's code",
    "parameters": "the metric's parameters",
    "protocol": "the protocol",
    "num_samples": "the number of generated clips",
    "num_reference": "the number of reference clips",
    "splits": "the number of splits",
    "seed": "the seed of the draws",
    "classifier": "the classifier (hash of its weights)",
    "features": "the features (space:layer)",
    "space": "how the features are made",
    "reference": "the reference clips and their labels (hash)",
}
_DIGITS = 16


def fingerprint(facts: Mapping[str, object]) -> str:
    """Returns the comparability fingerprint of a number: two numbers may be ranked if theirs are equal.

    The model is no fact, nor is anything of how it was trained: those are what is compared.

    Args:
        facts: All names of `FACTS`, and others that change the value (of a timing: device, batch size, precision).
            Values are None, booleans, numbers, text, and lists and dicts of these. Order of names, tuple or list,
            and 1 or 1.0 make no difference.

    Returns:
        16 hexadecimal digits.

    Raises:
        ValueError: If a fact is missing, or a number is not finite.
        TypeError: If a value is of another kind.
    """
    missing = [name for name in FACTS if name not in facts]
    if missing:
        raise ValueError(
            f"Expected all facts of a number. Missing: {', '.join(missing)}. Give None where one does not apply."
        )
    plain = {"fingerprint_version": FINGERPRINT_VERSION, "facts": canonical(facts)}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGITS]


def canonical(value: object) -> object:
    """Returns a value as JSON holds it, equal for values that mean the same.

    Args:
        value: None, a boolean, a number (NumPy's too), text, or a list, tuple or mapping of these.

    Raises:
        ValueError: If a number is not finite.
        TypeError: If the value, or a name in a mapping, is of another kind.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"Expected finite numbers in a fingerprint. Received: {number}.")
        return int(number) if number.is_integer() else number
    if isinstance(value, (list, tuple)):
        return [canonical(one) for one in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: canonical(value[name]) for name in sorted(value)}
    raise TypeError(
        "Expected None, booleans, numbers, text, and lists or mappings (named by text) of these in a fingerprint. "
        f"Received: {value!r}. Give its parts, or a hash of it."
    )


def differences(
    first: Mapping[str, object],
    second: Mapping[str, object],
    names: tuple[str, str] = ("the first", "the second"),
) -> list[str]:
    """Returns in words how the facts of two numbers differ, one sentence's part a fact: what, and both values.

    Args:
        first: Facts, as `fingerprint` takes them; some may be missing here, as in a CSV.
        second: Those of the other number.
        names: What to call the two.

    Returns:
        Lines like "the seed of the draws: 0 in a.csv, 1 in b.csv"; facts of which one side knows nothing are left out.
    """
    shared = [name for name in [*FACTS, *first] if name in first and name in second]
    lines = []
    for name in dict.fromkeys(shared):
        one, other = canonical(first[name]), canonical(second[name])
        lines += _told(FACTS.get(name, name.replace("_", " ")), one, other, names)
    return lines


def _told(title: str, one: object, other: object, names: tuple[str, str]) -> list[str]:
    """Returns the difference of two values; of two mappings, that of each part that differs."""
    if one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        lines = []
        for part in dict.fromkeys([*one, *other]):
            lines += _told(f"{title}, {part}", one.get(part), other.get(part), names)
        return lines
    return [f"{title}: {_spelt(one)} in {names[0]}, {_spelt(other)} in {names[1]}"]


def _spelt(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
