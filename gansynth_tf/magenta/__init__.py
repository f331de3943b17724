"""The checkpoints of the released GANSynth program (Magenta, TensorFlow 1), to runs of this package and back."""
