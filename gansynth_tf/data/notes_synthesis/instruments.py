"""The instruments of the embedded data set `notes`: eleven families, in each so many for every split."""

import functools

import numpy as np

from gansynth_tf.data.notes_synthesis import held_families, struck_families

# Family -> how an instrument is drawn, and the sources its instruments take turns with. Names and order are those
# of NSynth (Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, ICML 2017), and the
# sources are mostly those that NSynth has of a family.
FAMILIES = {
    "bass": (struck_families.bass, ("electronic", "synthetic", "synthetic", "acoustic", "electronic")),
    "brass": (held_families.brass, ("acoustic", "acoustic", "acoustic", "synthetic", "acoustic")),
    "flute": (held_families.flute, ("acoustic", "acoustic", "synthetic", "acoustic", "acoustic")),
    "guitar": (struck_families.guitar, ("acoustic", "electronic", "acoustic", "electronic", "acoustic")),
    "keyboard": (struck_families.keyboard, ("acoustic", "electronic", "synthetic", "electronic", "acoustic")),
    "mallet": (struck_families.mallet, ("acoustic",)),
    "organ": (held_families.organ, ("electronic", "electronic", "acoustic", "electronic", "electronic")),
    "reed": (held_families.reed, ("acoustic", "acoustic", "acoustic", "acoustic", "synthetic")),
    "string": (held_families.string, ("acoustic", "acoustic", "synthetic", "acoustic", "acoustic")),
    "synth_lead": (held_families.synth_lead, ("synthetic",)),
    "vocal": (held_families.vocal, ("acoustic", "synthetic", "acoustic", "acoustic", "acoustic")),
}
SOURCES = ("acoustic", "electronic", "synthetic")
# Numbers of the instruments of a family that play in each split. Five of them at least, so that every source does.
INSTRUMENT_NUMBERS = {"train": range(0, 60), "valid": range(60, 75), "test": range(75, 90)}


@functools.cache
def instrument_of(family, number):
    """Returns the `Instrument` of that number; the same for every seed of the data set."""
    draw, _ = FAMILIES[family]
    rng = np.random.default_rng([20240821, list(FAMILIES).index(family), number])
    return draw(rng, source_of(family, number))


def source_of(family, number):
    """Returns the source of an instrument, one of `SOURCES`."""
    sources = FAMILIES[family][1]
    return sources[number % len(sources)]
