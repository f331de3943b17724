"""Adam's memory: its slots in Keras, and its count of steps, which TensorFlow 1 keeps as powers of its decays."""

import math

import numpy as np


def slots(optimizer, variables):
    """Returns {path: (mean, mean square)} of a Keras Adam, its own variables for each of a network's `variables`.

    Raises:
        KeyError: If the optimiser was not built for a variable, or Keras calls its variables otherwise than it did.
    """
    by_name = {variable.name: variable for variable in optimizer.variables}
    stems = {variable.path: variable.path.replace("/", "_") for variable in variables}
    return {path: (by_name[f"{stem}_momentum"], by_name[f"{stem}_velocity"]) for path, stem in stems.items()}


def steps_from_powers(powers, betas, expected):
    """Returns the number of steps that Adam has taken.

    Args:
        powers: (beta1 ** (steps + 1), beta2 ** (steps + 1)) as TensorFlow 1 has multiplied them, float32.
        betas: (beta1, beta2).
        expected: Steps that it should have taken; believed where both powers have become too small to tell.

    Raises:
        ValueError: If a power cannot be one.
    """
    for power, beta in zip(powers, betas, strict=True):
        if not 0 <= power <= 1:
            raise ValueError(f"Expected powers of {beta} in [0, 1]. Received: {power}.")
    tables = [_powers(beta) for beta in betas]
    for power, table in sorted(zip(powers, tables, strict=True), key=lambda pair: -len(pair[1])):
        if power >= table[-1] > 0:
            return int(np.argmin(np.abs(np.log(table, dtype=np.float64) - math.log(power))))
    return max(expected, *map(len, tables))


def powers_from_steps(steps, betas):
    """Returns (beta1 ** (steps + 1), beta2 ** (steps + 1)), float32, rounded as TensorFlow 1 rounds them."""
    return tuple(_power(_powers(beta), steps) for beta in betas)


def _powers(beta):
    """Returns beta ** 1, beta ** 2 and so on, multiplied in float32, as long as float32 holds them in full."""
    smallest = float(np.finfo(np.float32).tiny)
    if beta < smallest:
        return np.zeros(1, np.float32)
    count = int(math.log(smallest) / math.log(beta))
    powers = np.multiply.accumulate(np.full(count, beta, np.float32), dtype=np.float32)
    return powers[powers >= smallest]


def _power(table, steps):
    return table[steps] if steps < len(table) else np.float32(0.0)
