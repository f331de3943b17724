"""GANSynth in Keras 3 and TensorFlow, conditioned on genre, pitch or any label of your own recordings."""

__version__ = "0.1.0"
