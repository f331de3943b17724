"""Published scores that a page shows beside one's own, each with where it is from and whether it was read there.

Names of metrics are those of the suite's rows, values are in their units: shares instead of per cents, counts of bins.
No number here can be ranked against one's own: see the notes of the protocol that it belongs to.
"""

import dataclasses

READ, NOTED, RECALLED = "read", "noted", "recalled"
PROVENANCES = {
    READ: "read in the source",
    NOTED: "from notes on the source, not read again",
    RECALLED: "recalled, the source not read again",
}


@dataclasses.dataclass(frozen=True)
class PublishedRow:
    """A number that others published.

    Args:
        name: What was measured: a model, or real clips.
        metric: Name of the metric, as in the suite's rows.
        value: In the unit of that metric.
        source: The publication.
        provenance: READ, NOTED or RECALLED.
        deviation: What stands after the plus-minus sign; of inception scores it is that over splits, no interval.
        note: What else one must know.
    """

    name: str
    metric: str
    value: float
    source: str
    provenance: str
    deviation: float | None = None
    note: str = ""

    def as_page_row(self) -> dict[str, object]:
        """Returns what a page shows: name, metric, value, note (deviation and provenance too) and source."""
        deviation = "" if self.deviation is None else f"±{self.deviation:g} over splits"
        note = "; ".join(filter(None, (deviation, self.note, PROVENANCES[self.provenance])))
        return {
            "name": self.name,
            "metric": self.metric,
            "value": self.value,
            "note": note,
            "source": self.source,
        }


GANSYNTH_SOURCE = "Engel et al., GANSynth, ICLR 2019, table 1"
WAVEGAN_SOURCE = "Donahue et al., Adversarial Audio Synthesis, ICLR 2019, SC09"
WAVEGAN_CODE_SOURCE = "README of chrisdonahue/wavegan"
REPORT11_SOURCE = "README of div1121/ESTR3108-AI-Project"

_ANY_SPLIT = "which clips and how many: unknown"
_ACCURACY = (
    "the code that was published briefly counts a semitone off as right; whether this number does is unknown"
)
_FRECHET = (
    "the code that was published briefly used the first 128 clips only; whether this number does is unknown"
)
_IDENTITY = "ln IS + PE lies at or under the entropy of the pitches, as for an un-split score in nats"

# Model, bins that differ (of 50), Frechet distance, inception score, pitch accuracy in per cent, pitch entropy.
_GANSYNTH = (
    ("Real data", 2.2, 13, 47.1, 98.2, 0.22),
    ("IF-Mel + H", 29.3, 167, 38.1, 97.9, 0.40),
    ("IF + H", 36.0, 104, 41.6, 98.3, 0.32),
    ("Phase + H", 37.6, 592, 36.2, 97.6, 0.44),
    ("IF-Mel", 37.0, 600, 29.6, 94.1, 0.63),
    ("IF", 37.0, 708, 36.3, 96.8, 0.44),
    ("Phase", 41.4, 687, 24.4, 94.4, 0.77),
    ("WaveNet", 45.9, 320, 29.1, 92.7, 0.70),
    ("WaveGAN", 43.0, 461, 13.7, 82.7, 1.40),
)


def _gansynth_rows():
    for name, num_bins, frechet, inception, accuracy, entropy in _GANSYNTH:
        for metric, value, note in (
            ("different_bins", num_bins, f"of 50; {_ANY_SPLIT}"),
            ("frechet_distance", float(frechet), _FRECHET),
            ("inception_score/pitch", inception, _IDENTITY),
            ("accuracy/pitch", round(accuracy / 100, 3), _ACCURACY),
            ("label_entropy/pitch", entropy, _IDENTITY),
        ):
            yield PublishedRow(name, metric, value, GANSYNTH_SOURCE, RECALLED, note=note)


GANSYNTH = tuple(_gansynth_rows())

# Model, inception score over 10 splits, its deviation, and |D| within itself and to the training clips, both divided
# by what the test set has.
_WAVEGAN = (
    ("Real (test)", 8.01, 0.24, 1.0, 1.0, NOTED),
    ("WaveGAN", 4.12, 0.03, 1.4, 2.0, READ),
    ("WaveGAN, phase shuffle 2", 4.67, 0.01, 0.8, 2.3, READ),
    ("WaveGAN, phase shuffle 4", 4.54, None, None, None, READ),
    ("WaveGAN, nearest neighbours upsampling", 3.77, None, None, None, READ),
    ("WaveGAN, post-processing filter", 3.92, None, None, None, READ),
    ("SpecGAN", 6.03, 0.04, 1.1, 1.4, READ),
)


def _wavegan_rows():
    yield PublishedRow(
        "Real (train)",
        "split_inception_score/word",
        9.18,
        WAVEGAN_CODE_SOURCE,
        READ,
        0.04,
        "18,620 clips",
    )
    for name, inception, deviation, within, to_train, provenance in _WAVEGAN:
        note = "the deviation is from notes, not read again" if deviation and provenance == READ else ""
        yield PublishedRow(
            name, "split_inception_score/word", inception, WAVEGAN_SOURCE, provenance, deviation, note
        )
        for metric, value in (("distance_self", within), ("distance_train", to_train)):
            if value is not None:
                yield PublishedRow(
                    name, metric, value, WAVEGAN_SOURCE, NOTED, note="divided by the test set's"
                )


WAVEGAN = tuple(_wavegan_rows())

# Model, inception score over 10 splits of 11 families, its deviation, |D| within itself and to 1000 training clips.
_REPORT11 = (
    ("Real (train)", 8.42, 0.19, 26.17, None),
    ("Real (test)", 7.50, 0.51, 28.84, 30.92),
    ("DCGAN", 1.45, 0.046, 2.26, 21.96),
    ("WGAN", 2.81, 0.09, 6.73, 25.38),
    ("WGAN-GP", 7.12, 0.15, 22.92, 23.99),
    ("WGAN-GP-SPEC", 3.53, 0.08, 3.97, 4.46),
)
_REPORT11_NOTES = {
    "DCGAN": "trained on uniform latents, drawn from normal ones",
    "WGAN-GP-SPEC": "its spectra leave the range of its generator's tanh",
}


def _report11_rows():
    for name, inception, deviation, within, to_train in _REPORT11:
        note = _REPORT11_NOTES.get(name, "")
        metric = "split_inception_score/instrument_family"
        yield PublishedRow(name, metric, inception, REPORT11_SOURCE, READ, deviation, note)
        for metric, value in (("distance_self", within), ("distance_train", to_train)):
            if value is not None:
                yield PublishedRow(name, metric, value, REPORT11_SOURCE, READ, note=note)


REPORT11 = tuple(_report11_rows())
