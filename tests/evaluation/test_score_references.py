"""Real and planted clips through a real classifier of three tones: each number must tell what it is there for."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.evaluation import score_references as references
from gansynth_tf.evaluation.scores import remarks, scores
from gansynth_tf.models.classifier import Classifier
from gansynth_tf.models.classifier_training import train_classifier
from gansynth_tf.options import UserError

SAMPLE_RATE, LENGTH = 8000, 2000
PITCHES_HZ = np.array([300.0, 600.0, 1200.0])
NUM = 36
SIZES = {"train": 3 * NUM, "valid": 32, "test": NUM}


class Tones:
    """Stands for a data set and its labels: decaying tones of three pitches with overtones of any strength."""

    classes = {"pitch": ("low", "middle", "high")}
    length_samples = LENGTH

    def rows(self, split):
        return (np.arange(SIZES[split]) % 3)[:, None].astype(np.int32)

    def clip(self, split, index):
        rng = np.random.default_rng([list(SIZES).index(split), index])
        seconds = np.arange(LENGTH) / SAMPLE_RATE
        f0_hz = PITCHES_HZ[self.rows(split)[index, 0]] * rng.uniform(0.97, 1.03)
        partials = sum(
            np.sin(2.0 * np.pi * number * f0_hz * seconds) * 10.0 ** rng.uniform(-2.0, 0.0)
            for number in (1, 2, 3)
        )
        decay = np.exp(-rng.uniform(1.0, 20.0) * seconds)
        return (0.2 * partials * decay + 1e-3 * rng.normal(size=LENGTH)).astype(np.float32)

    def clips(self, split, indices=None):
        if indices is None:
            return np.arange(SIZES[split])
        return tf.data.Dataset.from_tensor_slices(np.stack([self.clip(split, int(i)) for i in indices]))


class Lossy:
    """Stands for a representation that keeps every second sample."""

    def to_data(self, audio):
        return audio[:, ::2]

    def to_audio(self, data):
        return np.repeat(data, 2, axis=1)


@pytest.fixture(scope="module")
def classifier():
    heard = Classifier(
        SAMPLE_RATE, LENGTH, Tones.classes, num_mel_bins=32, frame_length=256, frame_step=128, filters=(8, 16)
    )
    tones = Tones()
    rows = tones.rows("valid")
    spectrograms = heard.spectrograms(np.stack([tones.clip("valid", index) for index in range(len(rows))]))
    train_classifier(heard, spectrograms, rows, spectrograms, rows, num_epochs=40, patience=40, batch_size=16)
    return heard


@pytest.fixture(scope="module")
def compared(classifier):
    return references.real_clips(Tones(), Tones(), classifier, NUM, seed=1)


@pytest.fixture(scope="module")
def planted(classifier, compared):
    reals, audio, _ = compared
    found = references.planted_failures(audio, reals, classifier, seed=2)
    return {name: scores(clips, reals, nearest, num_halves=10) for name, clips, nearest in found}


def test_real_clips_earn_no_remark(compared):
    reals, audio, training = compared
    held_out = scores(reals.held_out, reals, num_halves=10)
    assert held_out["accuracy/pitch"] == 1.0 and remarks(held_out) == []
    others = scores(reals.others, reals, reals.others_nearest, num_halves=10)
    assert others["nearest"] == 1.0 and remarks(others) == []
    assert audio.shape == training.shape == (NUM, LENGTH)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("white noise", {"pitch not as asked", "few of the kinds of real clips"}),
        ("copied training clips", {"copies of training clips"}),
        ("one training clip a class", {"all the same", "copies of training clips"}),
        ("labels shuffled", {"pitch not as asked"}),
    ],
)
def test_what_must_fail_is_told_for_the_right_reason(planted, name, said):
    assert said <= set(remarks(planted[name]))


def test_the_sets_are_balanced_and_share_no_clip(compared):
    reals, audio, _ = compared
    for clips in (reals.real, reals.others, reals.held_out):
        np.testing.assert_array_equal(np.bincount(clips.groups), [NUM // 3] * 3)
    together = np.concatenate([reals.real.points, reals.others.points])
    assert len(np.unique(together, axis=0)) == 2 * NUM and len(reals.train_points) == 3 * NUM
    every = np.linalg.norm(reals.others.points[:, None] - reals.train_points[None], axis=2)
    np.testing.assert_allclose(reals.others_nearest, np.sort(every, axis=1)[:, 1], rtol=1e-4)
    tones = Tones()
    own = {tones.clip("test", index).tobytes(): index % 3 for index in range(NUM)}
    assert [own[clip.tobytes()] for clip in audio] == reals.held_out.groups.tolist()


def test_another_seed_draws_other_clips_and_the_same_seed_the_same(classifier, compared):
    again, _, _ = references.real_clips(Tones(), Tones(), classifier, NUM, seed=1)
    np.testing.assert_array_equal(again.real.points, compared[0].real.points)
    other, _, _ = references.real_clips(Tones(), Tones(), classifier, NUM, seed=2)
    assert not np.array_equal(other.real.points, compared[0].real.points)


def test_a_round_trip_is_heard_by_what_it_left(classifier, compared):
    reals, audio, _ = compared
    ((name, clips, heard),) = references.round_trips(
        audio, reals.held_out.asked, {"half": Lossy()}, classifier
    )
    assert name == "held out, through half"
    np.testing.assert_array_equal(heard[:, ::2], audio[:, ::2])
    assert not np.array_equal(clips.points, reals.held_out.points)


def test_too_few_clips_are_refused_with_the_most_there_can_be(classifier):
    with pytest.raises(UserError, match="--num_samples=54 is the most"):
        references.real_clips(Tones(), Tones(), classifier, 55)


def test_every_combination_that_training_knew_is_asked_for_equally_often():
    train = np.array([[0, 1], [1, 0], [0, 1], [2, 2], [-1, 0]])
    asked = references.asked_rows(train, 9, seed=3)
    found, counts = np.unique(asked, axis=0, return_counts=True)
    assert found.tolist() == [[0, 1], [1, 0], [2, 2]] and counts.tolist() == [3, 3, 3]
    assert references.asked_rows(train[4:], 2, 0).tolist() == [[-1, 0], [-1, 0]]
    assert references.asked_rows(np.zeros([5, 0], int), 4, 0).shape == (4, 0)


def test_drawn_clips_take_turns_until_a_class_has_none_left():
    rows = np.array([0] * 10 + [1] * 2 + [2] * 6)[:, None]
    drawn = references.balanced(rows, 12, seed=0)
    assert len(set(drawn.tolist())) == 12
    assert np.bincount(rows[drawn[:6], 0]).tolist() == [2, 2, 2]
    assert np.bincount(rows[drawn, 0]).tolist() == [5, 2, 5]
    assert sorted(references.balanced(np.zeros([4, 0], int), 9, 0).tolist()) == [0, 1, 2, 3]


def test_clips_are_read_in_any_order_and_counted():
    counted = []
    tones = Tones()
    places = {}
    for batch_places, batch in references.read_clips(
        tones, "test", [7, 2, 5], lambda *done: counted.append(done)
    ):
        places |= dict(zip(batch_places.tolist(), batch, strict=True))
    for place, index in enumerate([7, 2, 5]):
        np.testing.assert_array_equal(places[place], tones.clip("test", index))
    assert counted == [(0, 3), (3, 3)]
