"""Architectures: generator and discriminator pairs. A new one is one file here and one line in the catalogue."""

from gansynth_tf.models.progressive import Progressive
from gansynth_tf.models.wavegan import WaveGAN

ARCHITECTURES = {"progressive": Progressive, "wavegan": WaveGAN}
