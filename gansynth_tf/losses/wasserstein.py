"""Wasserstein loss with gradient penalty."""

import tensorflow as tf


class WassersteinGradientPenalty:
    """WGAN-GP as in GANSynth: a two-sided penalty between reals and fakes, and a drift term on the reals' scores.

    Args:
        penalty_weight: Weight of the gradient penalty.
        penalty_target: Slope that the critic is drawn to.
        drift_weight: Weight of the mean squared score of reals, which keeps scores near zero.
        penalty_interval: Steps from one penalty to the next; its weight grows by the same factor.

    Attributes:
        penalty_interval: 0 if the penalty has no weight: then it is never computed.

    Raises:
        ValueError: If a value is out of range.

    Source: Gulrajani et al., Improved Training of Wasserstein GANs, 2017, equation 3; Karras et al., ICLR 2018 (drift).
    """

    how_to_run = frozenset()

    def __init__(
        self,
        *,
        penalty_weight: float = 10.0,
        penalty_target: float = 1.0,
        drift_weight: float = 0.001,
        penalty_interval: int = 1,
    ):
        if penalty_weight < 0 or drift_weight < 0 or penalty_target <= 0 or penalty_interval < 1:
            raise ValueError(
                "Expected penalty_weight >= 0, drift_weight >= 0, penalty_target > 0 and penalty_interval >= 1. "
                f"Received: {penalty_weight}, {drift_weight}, {penalty_target}, {penalty_interval}."
            )
        self.penalty_weight = penalty_weight
        self.penalty_target = penalty_target
        self.drift_weight = drift_weight
        self.penalty_interval = penalty_interval if penalty_weight else 0

    def generator_loss(self, fake_scores):
        """Returns [batch]: the negated `fake_scores` [batch, 1]."""
        return -fake_scores[:, 0]

    def discriminator_loss(self, real_scores, fake_scores):
        """Returns [batch]: fakes' minus reals' scores, each [batch, 1], and the drift term."""
        return fake_scores[:, 0] - real_scores[:, 0] + self.drift_weight * tf.square(real_scores[:, 0])

    def penalty(self, critic, reals, fakes, mixing, pixels_per_value):
        """Returns the weighted penalty on the critic's slope between reals and fakes.

        Args:
            critic: Function of data [batch, frames, bins, channels] that returns scores [batch, 1].
            reals: [batch, frames, bins, channels] float32, in the data's range.
            fakes: The shape of `reals`.
            mixing: [batch, 1, 1, 1] float32, uniform in [0, 1): the share of the fake in each interpolate.
            pixels_per_value: How many values of full-size data one value stands for. A critic that works on block
                means has, seen from the full size, a slope smaller by the root of that number.

        Returns:
            [batch] float32, and the slopes [batch] for the log.
        """
        interpolates = reals + mixing * (fakes - reals)
        squares = squared_slopes(critic, interpolates) / pixels_per_value
        slopes = tf.sqrt(squares)
        return self.penalty_weight * tf.square(slopes / self.penalty_target - 1.0), slopes


def squared_slopes(critic, data):
    """Returns [batch] float32: the squared norm of the gradient of the summed scores with respect to each example.

    Args:
        critic: Function of data that returns scores [batch, 1].
        data: [batch, frames, bins, channels] float32.
    """
    with tf.GradientTape() as tape:
        tape.watch(data)
        scores = tf.reduce_sum(critic(data))
    gradients = tf.cast(tape.gradient(scores, data), tf.float32)
    return tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3])
