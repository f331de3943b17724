"""The record of a new run: where its constants come from, and what it says of them."""

import tracemalloc

import numpy as np
import pytest

from gansynth_tf.experiment import Experiment
from gansynth_tf.options import UserError
from gansynth_tf.training.record_making import new_record
from gansynth_tf.training.run_record import RunRecord
from gansynth_tf.training.source import Source

SETTINGS = {
    "length_samples": 1000,
    "grooves.num_clips": 12,
    "grooves.num_test_clips": 6,
    "mel_if.num_frames": 16,
    "mel_if.num_bins": 64,
    "mel_if.num_mel_bins": 16,
    "progressive.filters": (4, 4, 4),
    "stable_images": (8,),
    "fade_images": (8,),
}
SHAPE = (16, 16, 2)
OWN = "The constants that normalise the data are fitted anew: those of the source are of other data."


def clips(shape=SHAPE):
    """Returns data whose channels reach from -2 to 2, and from -1 to 1."""
    values = np.linspace(-1.0, 1.0, 3 * shape[0] * shape[1], dtype=np.float32).reshape(3, *shape[:2])
    return np.stack([2.0 * values, values], axis=-1)


def source(scale=(0.4, 0.5), shape=SHAPE, representation="mel_if", **settings):
    """Returns a source; its weights do not matter."""
    settings = Experiment.from_settings(SETTINGS).settings | settings
    record = RunRecord({}, scale, np.zeros_like(scale), 16000, 1000, shape)
    chosen = {"representation": (representation,)}
    return Source("runs/a", record, chosen, settings, {}, (), {}, {"num_images": 80})


def made(origin=None, data=None, **settings):
    """Returns (record, lines) of a new run."""
    lines = []
    experiment = Experiment.from_settings(SETTINGS | settings)
    return new_record(experiment, clips() if data is None else data, origin, lines.append), lines


def test_without_a_source_constants_are_fitted_and_nothing_is_said():
    record, lines = made()
    # The extremes come to 0.8 times the channel's weight, which is 0.1 for frequencies.
    np.testing.assert_allclose(record.scale, (0.4, 0.08), rtol=1e-6)
    np.testing.assert_allclose(record.offset, (0.0, 0.0), atol=1e-6)
    assert not lines and record.started_from == {}
    assert (
        list(record.labels) == ["genre"] and record.representation_shape == SHAPE and record.num_clips == 12
    )


def test_the_constants_of_a_source_of_the_same_data_are_taken_over():
    record, lines = made(source())
    assert (record.scale, record.offset) == ((0.4, 0.5), (0.0, 0.0))
    assert record.started_from == {"run_dir": "runs/a", "num_images": 80}
    assert lines == [
        "The constants that normalise mel_if are those of runs/a, since they belong to its networks."
    ]


def test_those_of_each_bin_are_taken_over_too():
    scale = np.linspace(0.1, 0.4, 32).reshape(16, 2)
    record, _ = made(source(scale))
    np.testing.assert_array_equal(record.scale, scale)


@pytest.mark.parametrize(
    "other", [{"shape": (16, 32, 2)}, {"representation": "linear_if"}], ids=["shape", "representation"]
)
def test_to_other_data_they_are_fitted(other):
    record, lines = made(source(**other))
    np.testing.assert_allclose(record.scale, (0.4, 0.08), rtol=1e-6)
    assert lines == [OWN] and record.started_from["run_dir"] == "runs/a"


def test_the_originals_stay_if_they_are_asked_for():
    record, lines = made(source(), normalization="original")
    assert record.scale == (0.0661371661726, 0.8) and record.offset == (0.113718730221, 0.0)
    assert not lines


def test_the_originals_are_refused_where_there_are_none_before_any_work():
    experiment = Experiment.from_settings(SETTINGS | {"normalization": "original"})
    experiment.representation.original_constants = None
    for work in (experiment.check, lambda: new_record(experiment, clips(), None, print)):
        with pytest.raises(
            UserError, match="--normalization=original: the released program has no constants for"
        ):
            work()


def test_an_option_of_the_same_data_that_differs_is_told():
    _, lines = made(source(**{"mel_if.phase_iterations": 3}))
    assert lines == [
        "The constants that normalise mel_if are those of runs/a, since they belong to its networks, although options "
        "differ: --mel_if.phase_iterations 3 there, 16 here."
    ]


def test_values_beyond_the_range_of_taken_over_constants_are_told():
    _, lines = made(source((0.625, 0.5)))
    # The first channel reaches 1.25: a fifth of it is beyond 1.
    assert lines[1:] == ["Beyond the range of these constants, and cut off, lie 20 % of log mel power."]


def test_the_share_that_is_cut_off_counts_every_clip_alike():
    # 65 clips, of which the last alone is beyond the range: one in 65, 1.5 %.
    data = np.zeros([65, *SHAPE], np.float32)
    data[-1] = 3.0
    _, lines = made(source((0.4, 0.3)), data)
    assert lines[1:] == ["Beyond the range of these constants, and cut off, lie 1.5 % of log mel power."]


class PiecesOnly:
    """Data that never lie in memory as a whole; knows how much memory was in use when a piece was read."""

    shape = (640, *SHAPE)

    def __init__(self):
        self.most_bytes = 0

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, index):
        self.most_bytes = max(self.most_bytes, tracemalloc.get_traced_memory()[0])
        return np.zeros([len(range(*index.indices(len(self)))), *SHAPE], np.float32)


def test_what_is_cut_off_is_counted_without_holding_all_clips():
    data = PiecesOnly()
    made(source(), data)  # What is imported and built once does not count.
    data.most_bytes = 0
    tracemalloc.start()
    try:
        made(source(), data)
    finally:
        tracemalloc.stop()
    assert data.most_bytes < 0.5 * 4 * np.prod(data.shape)


def test_data_that_cannot_be_fitted_are_a_mistake_of_the_user():
    with pytest.raises(UserError, match="vary in every channel"):
        made(data=np.zeros([3, *SHAPE], np.float32))
