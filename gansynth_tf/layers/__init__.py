"""Equalised layers, pixel normalisation, minibatch deviation and resampling of spectrograms."""
