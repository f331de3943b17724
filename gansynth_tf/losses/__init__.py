"""Adversarial losses. A new one is one file here and one line in the catalogue; label losses are in labels.py."""

from gansynth_tf.losses.non_saturating import NonSaturating
from gansynth_tf.losses.wasserstein import WassersteinGradientPenalty

LOSSES = {"wgan_gp": WassersteinGradientPenalty, "non_saturating": NonSaturating}
