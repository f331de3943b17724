"""Adam's count of steps in powers of its decays."""

import keras
import numpy as np
import pytest

from gansynth_tf.magenta import adam


def test_powers_are_those_of_a_product_in_float32():
    product = np.float32(0.99)
    for _ in range(700):
        product = np.float32(product * np.float32(0.99))
    assert adam.powers_from_steps(700, (0.0, 0.99)) == (0.0, product)
    # What the original has after three steps: golden of tiny_ckpt_after3.
    assert adam.powers_from_steps(3, (0.0, 0.99))[1] == np.float32(0.9605961)


@pytest.mark.parametrize("steps", [0, 1, 2, 57, 4000, 8000])
@pytest.mark.parametrize("betas", [(0.0, 0.99), (0.5, 0.999), (0.9, 0.99)])
def test_steps_come_back_from_their_powers(steps, betas):
    assert adam.steps_from_powers(adam.powers_from_steps(steps, betas), betas, expected=0) == steps


def test_where_the_powers_are_too_small_the_expected_steps_are_believed():
    betas = (0.0, 0.99)
    powers = adam.powers_from_steps(100_000, betas)
    assert powers == (0.0, 0.0)
    assert adam.steps_from_powers(powers, betas, expected=100_000) == 100_000
    # So small a count would have given a power that can be told.
    assert adam.powers_from_steps(adam.steps_from_powers(powers, betas, expected=3), betas) == powers


@pytest.mark.parametrize("power", [-0.1, 1.5])
def test_what_is_no_power_is_refused(power):
    with pytest.raises(ValueError, match=r"Expected powers of 0\.99 in \[0, 1\]\. Received"):
        adam.steps_from_powers((0.0, power), (0.0, 0.99), 1)


def test_slots_are_those_of_the_variable_and_of_their_kind():
    layer = keras.layers.Dense(1, name="block_1_conv0")
    layer.build((None, 1))
    optimizer = keras.optimizers.Adam(1.0, 0.5, 0.75)
    optimizer.build(layer.trainable_variables)
    gradient = np.array([[2.0]], np.float32)
    optimizer.apply([gradient, 3 * gradient[0]], layer.trainable_variables)
    slots = adam.slots(optimizer, layer.trainable_variables)
    assert [float(slot.numpy().item()) for slot in slots["block_1_conv0/kernel"]] == [1.0, 1.0]
    assert [float(slot.numpy().item()) for slot in slots["block_1_conv0/bias"]] == [3.0, 9.0]
