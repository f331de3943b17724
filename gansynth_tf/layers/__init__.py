"""Equalised layers, pixel normalisation, minibatch deviation and resampling of spectrograms."""

from gansynth_tf.layers.equalized import EqualizedConv2D, EqualizedDense
from gansynth_tf.layers.minibatch_deviation import MinibatchDeviation
from gansynth_tf.layers.pixel_norm import PixelNorm
from gansynth_tf.layers.resampling import downscale, upscale

__all__ = ["EqualizedConv2D", "EqualizedDense", "MinibatchDeviation", "PixelNorm", "downscale", "upscale"]
