"""Non-saturating logistic loss with a penalty on the slope at real data (R1)."""

import tensorflow as tf

from gansynth_tf.losses.wasserstein import squared_slopes


class NonSaturating:
    """The original GAN loss in its non-saturating form, with the R1 penalty.

    Args:
        penalty_weight: gamma of R1, for slopes in the data's own range and at full size; half of it times the squared
            slope is added.
        penalty_interval: Steps from one penalty to the next; its weight grows by the same factor.

    Attributes:
        penalty_interval: 0 if the penalty has no weight: then it is never computed.

    Raises:
        ValueError: If a value is out of range.

    Source: Goodfellow et al., 2014; Mescheder et al., Which Training Methods for GANs do actually Converge?, ICML
    2018, equation 9; Karras et al., StyleGAN2, CVPR 2020, section 3.1 (interval).
    """

    how_to_run = frozenset()

    def __init__(self, *, penalty_weight: float = 20.0, penalty_interval: int = 4):
        if penalty_weight < 0 or penalty_interval < 1:
            raise ValueError(
                "Expected penalty_weight >= 0 and penalty_interval >= 1. "
                f"Received: {penalty_weight}, {penalty_interval}."
            )
        self.penalty_weight = penalty_weight
        self.penalty_interval = penalty_interval if penalty_weight else 0

    def generator_loss(self, fake_scores):
        """Returns [batch]: softplus of the negated `fake_scores` [batch, 1]."""
        return tf.nn.softplus(-fake_scores[:, 0])

    def discriminator_loss(self, real_scores, fake_scores):
        """Returns [batch]: softplus of fakes' and of negated reals' scores, each [batch, 1]."""
        return tf.nn.softplus(fake_scores[:, 0]) + tf.nn.softplus(-real_scores[:, 0])

    def penalty(self, critic, reals, fakes, mixing, pixels_per_value):
        """Returns the R1 penalty and slopes at `reals`; `fakes` and `mixing` are not used.

        Args:
            critic: Function of data [batch, frames, bins, channels] that returns scores [batch, 1].
            reals: [batch, frames, bins, channels] float32, in the data's range.
            fakes: Not used.
            mixing: Not used.
            pixels_per_value: How many values of full-size data one value stands for.

        Returns:
            [batch] float32, and the slopes [batch] for the log.
        """
        del fakes, mixing
        squares = squared_slopes(critic, reals) / pixels_per_value
        return 0.5 * self.penalty_weight * squares, tf.sqrt(squares)
