"""A small world of clips by their features: real ones, and generators that must be caught."""

import dataclasses

import numpy as np

from gansynth_tf.evaluation.suite.evidence import ClipArrays, Evidence
from gansynth_tf.evaluation.suite.measuring import Setting, Subject, measured_job
from gansynth_tf.evaluation.suite.metrics_catalogue import make_metric
from gansynth_tf.evaluation.suite.protocols import PROTOCOLS
from gansynth_tf.evaluation.suite.rows import FLOOR, MODEL

NUM, NUM_TRAIN, NUM_FEATURES, SIDE = 510, 1530, 6, 16
LABELS = {"pitch": ("60", "61", "72")}
FEATURE_ARRAYS = {
    "classifier": "features/x",
    "log_mel": "log_mel",
    "ndb": "log_magnitude",
    "waveform": "waveform",
}
ASKED = {asked.metric: asked for asked in PROTOCOLS["default"].metrics}
SETTING = Setting("default", 0, "c1a55", "2efe2e", "world", "train", "fields 8x8", {}, "", "1")

_rng = np.random.default_rng(7)
CENTRES = 4.0 * _rng.standard_normal([3, NUM_FEATURES])
PICTURES = _rng.standard_normal([NUM_FEATURES, SIDE * SIDE]) / 2
LATENTS = _rng.standard_normal([NUM_FEATURES, NUM_FEATURES]) / 2


def arrays_of(points):
    """Returns the arrays of clips [num, NUM_FEATURES]."""
    distances = np.sum((points[:, None] - CENTRES) ** 2, axis=2)
    pictures = (points @ PICTURES).astype(np.float32)
    return {
        "logits/pitch": (-0.25 * distances).astype(np.float32),
        "features/x": points.astype(np.float32),
        "log_mel": pictures.reshape([-1, SIDE, SIDE]),
        "log_magnitude": points.astype(np.float32),
        "waveform": pictures,
    }


def real_points(rows, seed):
    """Returns points and latents of real clips of classes [num, 1]."""
    latents = np.random.default_rng(seed).standard_normal([len(rows), NUM_FEATURES])
    return CENTRES[rows[:, 0]] + latents @ LATENTS, latents


def some_rows(num, seed):
    return np.random.default_rng(seed).integers(3, size=[num, 1])


def set_of(num, seed):
    rows = some_rows(num, seed)
    points, latents = real_points(rows, seed + 1000)
    return ClipArrays(rows, arrays_of(points), latents=latents)


def with_features(clips, features):
    """Returns clips with other features of the classifier [num, num_features]."""
    return ClipArrays(clips.rows, clips.arrays | {"features/x": features.astype(np.float32)})


TRAINING = set_of(NUM_TRAIN, 1)
REFERENCE = TRAINING.chosen(np.arange(NUM))
REFERENCE_MEMORY: dict = {}


def evidence(clips, floor=None, **others):
    """Returns clips beside the training clips."""
    others |= {"floor": floor or {}, "reference_memory": REFERENCE_MEMORY}
    return Evidence(clips, REFERENCE, TRAINING, LABELS, FEATURE_ARRAYS, 0, **others)


def measured(its, key, kind=MODEL, parameters=None):
    """Returns the job of one metric of the default protocol."""
    asked = ASKED[key]
    metric = make_metric(key, asked.parameters if parameters is None else parameters)
    return measured_job(metric, asked, its, Subject("a", 5, kind), SETTING)


def values(its, keys, kind=MODEL):
    """Returns {number: row} of some metrics."""
    return {row.metric: row for key in keys for row in measured(its, key, kind).rows if not row.class_name}


def floor_values(keys):
    """Returns {number: row} of real held-out clips."""
    clips = set_of(NUM, 2)
    clips = ClipArrays(clips.rows, clips.arrays)
    return values(dataclasses.replace(evidence(clips), floor=None), keys, FLOOR)
