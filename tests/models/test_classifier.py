import json

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio.log_mel import log_mel_spectrograms
from gansynth_tf.models.classifier import Classifier, num_features_of, resolution_of
from gansynth_tf.models.classifier_augmentation import augment, rolled
from gansynth_tf.models.classifier_training import train_classifier
from gansynth_tf.models.listening import ListeningNetwork

SAMPLE_RATE = 8000
LABELS = {"rhythm": ("slow", "fast"), "pitch": ("low", "middle", "high")}


def toy_clips(num_clips, seed):
    """Returns decaying tones, one second each: two pulse rates, three pitches, any level."""
    random = np.random.default_rng(seed)
    rows = np.stack([random.integers(0, 2, num_clips), random.integers(0, 3, num_clips)], axis=1).astype(
        np.int32
    )
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    pulses = np.exp(
        -6.0 * ((seconds * np.array([3.0, 9.0])[rows[:, :1]] + random.random([num_clips, 1])) % 1.0)
    )
    f0_hz = np.array([300.0, 700.0, 1500.0])[rows[:, 1:]] * random.uniform(0.9, 1.1, [num_clips, 1])
    tones = pulses * np.sin(2.0 * np.pi * f0_hz * seconds) * 10.0 ** random.uniform(-2.0, 0.0, [num_clips, 1])
    return (tones + 1e-4 * random.normal(size=tones.shape)).astype(np.float32), rows


def small_classifier():
    return Classifier(
        SAMPLE_RATE, SAMPLE_RATE, LABELS, num_mel_bins=32, frame_length=512, filters=(8, 16, 24)
    )


@pytest.fixture(scope="module")
def trained():
    classifier = small_classifier()
    train, rows = toy_clips(384, 1)
    validation, validation_rows = toy_clips(96, 2)
    result = train_classifier(
        classifier,
        classifier.spectrograms(train),
        rows,
        classifier.spectrograms(validation),
        validation_rows,
        num_epochs=12,
        batch_size=32,
    )
    return classifier, result


def test_every_label_is_learnt(trained):
    classifier, _ = trained
    audio, rows = toy_clips(120, 3)
    shares = np.mean(classifier.predict(audio) == rows, axis=0)
    assert shares.min() >= 0.9


def test_level_does_not_matter(trained):
    classifier, _ = trained
    audio, _ = toy_clips(8, 4)
    np.testing.assert_allclose(classifier.features(audio), classifier.features(audio * 0.01), atol=2e-2)


def test_best_epoch_is_kept(trained):
    classifier, result = trained
    losses = [row["validation_loss"] for row in result.history]
    assert result.best_epoch == int(np.argmin(losses))
    audio, rows = toy_clips(96, 2)
    right = float(np.mean(classifier.predict(audio)[:, 0] == rows[:, 0]))
    assert right == pytest.approx(result.validation_accuracy["rhythm"])


def test_saved_and_loaded_classifier_hears_the_same_and_files_hold_no_pickles(trained, tmp_path):
    classifier, _ = trained
    classifier.save(tmp_path, {"held_out": 0.5})
    loaded, facts = Classifier.load(tmp_path)
    audio, _ = toy_clips(5, 5)
    np.testing.assert_array_equal(loaded.features(audio), classifier.features(audio))
    assert facts == {"held_out": 0.5} and loaded.labels == LABELS
    assert json.loads((tmp_path / "classifier.json").read_text())["sample_rate"] == SAMPLE_RATE
    assert all(
        array.dtype == np.float32 for array in np.load(tmp_path / "weights.npz", allow_pickle=False).values()
    )


def test_batches_do_not_mix(trained):
    classifier, _ = trained
    audio, _ = toy_clips(7, 6)
    spectrograms = classifier.spectrograms(audio)
    whole, _ = classifier.hear(spectrograms)
    parts, _ = classifier.hear(spectrograms, batch_size=3)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    assert whole.shape == (7, 64)


def test_few_clips_are_shown_several_times_an_epoch_and_many_once():
    def seen(num_clips, **options):
        classifier, asked = small_classifier(), []
        spectrograms = np.zeros([num_clips, *classifier.spectrogram_shape], np.float32)
        rows = np.zeros([num_clips, 2], np.int32)
        result = train_classifier(
            classifier,
            spectrograms,
            rows,
            spectrograms[:4],
            rows[:4],
            should_stop=lambda: asked.append(True),
            num_epochs=1,
            batch_size=4,
            **options,
        )
        assert len(result.history) == 1
        # It is asked before each step, and once at the end.
        return len(asked) - 1

    assert seen(9, least_steps=5) == 6
    assert seen(9, least_steps=1) == 2
    assert seen(24, least_steps=5) == 6


def test_missing_labels_are_masked_out():
    classifier = small_classifier()
    audio, rows = toy_clips(32, 7)
    rows[:, 1] = -1
    spectrograms = classifier.spectrograms(audio)
    head = classifier.network.get_layer("logits_1")
    result = train_classifier(
        classifier,
        spectrograms,
        rows,
        spectrograms,
        rows,
        num_epochs=1,
        batch_size=32,
        least_steps=1,
        weight_decay=0.0,
    )
    assert np.all(head.bias.numpy() == 0.0)
    assert np.isnan(result.validation_accuracy["pitch"]) and np.isfinite(result.history[0]["loss"])


def test_augmentation_is_a_function_of_its_seed_and_keeps_the_range():
    audio, _ = toy_clips(6, 8)
    spectrograms = tf.constant(small_classifier().spectrograms(audio))
    first = augment(spectrograms, tf.constant([0, 1]))
    np.testing.assert_array_equal(first, augment(spectrograms, tf.constant([0, 1])))
    assert np.any(first != augment(spectrograms, tf.constant([0, 2])))
    assert first.shape == spectrograms.shape and np.all(np.isfinite(first)) and np.min(first) >= -1.0


def test_clips_are_rolled_by_their_own_frames_and_no_more_than_told():
    frames = tf.tile(tf.range(32.0)[None, :, None], [200, 1, 3])
    found = rolled(frames, tf.constant([3, 4]), 0.25).numpy()
    shifts = (found[:, 0, 0] + 16) % 32 - 16
    np.testing.assert_array_equal(
        found, (np.arange(32)[None, :, None] + shifts[:, None, None]) % 32 + np.zeros(3)
    )
    assert set(shifts) == set(range(-8, 9))
    np.testing.assert_array_equal(rolled(frames, tf.constant([3, 4]), 0.0), frames)
    np.testing.assert_array_equal(rolled(frames, tf.constant([3, 4]), 0.25), found)


@pytest.mark.parametrize(
    ("num_classes", "expected"), [((6,), 64), ((61, 11), 192), ((33,), 128), ((900,), 512)]
)
def test_there_are_two_features_a_class_where_classes_are_many(num_classes, expected):
    labels = {str(num): tuple(map(str, range(num))) for num in num_classes}
    assert num_features_of(labels) == expected
    assert num_features_of(LABELS) == small_classifier().options["num_features"] == 64


def test_silence_is_at_the_floor():
    assert np.all(small_classifier().spectrograms(np.zeros([1, SAMPLE_RATE])) == -1.0)


def test_wrong_input_is_refused_in_one_line(tmp_path):
    classifier = small_classifier()
    with pytest.raises(ValueError, match=r"\[num_clips, 8000\]"):
        classifier.predict(np.zeros([2, 4000]))
    with pytest.raises(ValueError, match="finite"):
        classifier.predict(np.full([1, SAMPLE_RATE], np.nan))
    with pytest.raises(ValueError, match="at least one label"):
        Classifier(SAMPLE_RATE, SAMPLE_RATE, {})
    with pytest.raises(ValueError, match="fewer filters or longer clips"):
        Classifier(SAMPLE_RATE, 1024, LABELS, frame_step=256)
    with pytest.raises(ValueError, match="windows, steps and bands of 0 or more"):
        Classifier(SAMPLE_RATE, SAMPLE_RATE, LABELS, num_mel_bins=-1)
    with pytest.raises(ValueError, match="train one first"):
        Classifier.load(tmp_path)
    with pytest.raises(ValueError, match="at least a batch"):
        shape = (4, *classifier.spectrogram_shape)
        rows = np.zeros([4, 2], np.int32)
        train_classifier(classifier, np.zeros(shape), rows, np.zeros(shape), rows)
    with pytest.raises(ValueError, match="`roll` between 0 and 0.5. Received: 0.6"):
        train_classifier(classifier, np.zeros(shape), rows, np.zeros(shape), rows, batch_size=4, roll=0.6)


@pytest.mark.parametrize(
    ("sample_rate", "length_samples", "expected"),
    [
        (8000, 8000, (1024, 256, 192)),
        (16000, 64000, (2048, 512, 256)),
        (44100, 44100, (4096, 1024, 368)),
        (8000, 2000, (1024, 128, 192)),
        (8000, 600, (512, 32, 192)),
    ],
)
def test_windows_and_bands_follow_the_sample_rate_and_short_clips(sample_rate, length_samples, expected):
    found = resolution_of(sample_rate, length_samples, 4)
    assert (found["frame_length"], found["frame_step"], found["num_mel_bins"]) == expected
    assert 1 + length_samples // found["frame_step"] >= 2**4


@pytest.mark.parametrize("sample_rate", [8000, 16000, 44100])
def test_semitones_above_middle_c_fall_into_bands_of_their_own(sample_rate):
    resolution = resolution_of(sample_rate, sample_rate, 4)
    f0_hz = 440.0 * 2.0 ** ((np.arange(60, 73)[:, None] - 69) / 12)
    tones = np.sin(2.0 * np.pi * f0_hz * np.arange(sample_rate) / sample_rate)
    bands = np.argmax(np.mean(log_mel_spectrograms(tones, sample_rate, **resolution), axis=1), axis=1)
    assert (np.diff(bands) > 0).all()


def test_defaults_that_follow_the_sample_rate_are_stored_as_numbers(tmp_path):
    classifier = Classifier(SAMPLE_RATE, SAMPLE_RATE, LABELS, filters=(4, 4))
    assert classifier.options["num_mel_bins"] == 192 and classifier.spectrogram_shape == (32, 192)
    classifier.save(tmp_path)
    assert Classifier.load(tmp_path)[0].options == classifier.options


def test_classifiers_of_before_there_were_kinds_and_normalized_features_are_loaded(tmp_path):
    old = Classifier(SAMPLE_RATE, SAMPLE_RATE, LABELS, filters=(4, 4), normalized_features=False)
    old.save(tmp_path)
    config = json.loads((tmp_path / "classifier.json").read_text())
    del config["kind"], config["options"]["normalized_features"]
    (tmp_path / "classifier.json").write_text(json.dumps(config))
    loaded, _ = Classifier.load(tmp_path)
    audio, _ = toy_clips(3, 9)
    np.testing.assert_array_equal(loaded.features(audio), old.features(audio))
    assert len(loaded.network.weights) == 2 * 5 + 2 + 4
    new = Classifier(SAMPLE_RATE, SAMPLE_RATE, LABELS, filters=(4, 4))
    assert len(new.network.weights) == len(old.network.weights) + 4


def test_units_of_normalized_features_are_alive_however_large_what_they_are_fed():
    audio, _ = toy_clips(64, 10)
    for normalized in (True, False):
        classifier = Classifier(
            SAMPLE_RATE, SAMPLE_RATE, LABELS, filters=(4, 4), dropout=0.0, normalized_features=normalized
        )
        kernel = classifier.network.get_layer("features").kernel
        # As an optimiser's first steps move all weights of a unit alike: what it is fed is never negative.
        kernel.assign_sub(0.1 * np.ones(kernel.shape))
        spectrograms = tf.constant(classifier.spectrograms(audio))
        features, _ = classifier.network(spectrograms, training=True)
        alive = np.max(features, axis=0) > 0.0
        assert alive.all() if normalized else not alive.any()
        if normalized:
            np.testing.assert_allclose(np.mean(features, axis=0), 0.0, atol=1e-4)
            np.testing.assert_allclose(np.std(features, axis=0), 1.0, atol=0.02)


def test_a_kind_that_does_not_say_what_its_network_sees_cannot_be_made():
    class Deaf(ListeningNetwork):
        kind = "deaf"

    with pytest.raises(TypeError, match="transformed"):
        Deaf(SAMPLE_RATE, SAMPLE_RATE, LABELS, {}, (1, 1), None)
