"""The original evaluation's classifier: its input in closed form, its sizes, its catalogue."""

import json

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.models.classifier import Classifier
from gansynth_tf.models.classifier_training import train_classifier
from gansynth_tf.models.classifiers import CLASSIFIERS
from gansynth_tf.models.nsynth_classifier import NsynthClassifier

SAMPLE_RATE = 8000
LABELS = {"pitch": ("low", "high"), "family": ("a", "b", "c")}
SMALL = {"frame_length": 64, "frame_step": 16, "num_bins": 32, "filters": (4, 4, 4), "num_hidden": 8}


def small_classifier(length_samples=512, num_features=6, seed=0):
    return NsynthClassifier(
        SAMPLE_RATE, length_samples, LABELS, num_features=num_features, seed=seed, **SMALL
    )


def sine(frequency_hz, amplitude, length_samples=512):
    return amplitude * np.sin(2.0 * np.pi * frequency_hz * np.arange(length_samples) / SAMPLE_RATE)


def clips(num=24):
    """Returns low and high tones in noise, and rows: the second label is missing in every third clip."""
    rng = np.random.default_rng(0)
    rows = np.stack([np.arange(num) % 2, np.where(np.arange(num) % 3, 1, -1)], axis=1).astype(np.int32)
    tones = np.stack([sine((500.0, 2500.0)[row], 0.5) for row in rows[:, 0]])
    return (tones + 0.01 * rng.standard_normal(tones.shape)).astype(np.float32), rows


def test_the_sizes_are_those_of_the_original_for_four_seconds():
    # The stack is cut here, since only its sizes matter: 14 million weights take a second to draw.
    classifier = NsynthClassifier(16000, 64000, LABELS, filters=(1,) * 8, num_features=512, num_hidden=2)
    assert classifier.spectrogram_shape == (256, 512)
    positions = [
        layer.output.shape[1:3]
        for layer in classifier.network.layers
        if layer.name.startswith("conv") or "conv2d" in layer.name
    ]
    expected = [(128, 256), (64, 128), (32, 64), (16, 32), (8, 16), (4, 8), (2, 4), (1, 2)] + [(1, 1)] * 4
    assert positions == expected
    assert classifier.network.outputs[0].shape == (None, 512)


def test_the_default_stack_is_that_of_the_original():
    options = NsynthClassifier.__init__.__kwdefaults__
    assert options["filters"] == (128, 128, 128, 256, 256, 256, 512, 512)
    assert (options["num_features"], options["num_hidden"]) == (512, 1024)
    assert (options["frame_length"], options["frame_step"], options["num_bins"]) == (1024, 256, 512)
    assert NsynthClassifier.layer_names == ("preact_layer_7_1",)


def test_the_loudest_bin_is_1_and_60_decibels_below_it_half():
    classifier = small_classifier()
    # Bins are 125 Hz apart; a Hann window sees a sine on a bin in that bin and the two beside it only.
    audio = (sine(1000.0, 0.5) + sine(2500.0, 0.5e-3))[np.newaxis]
    found = classifier.spectrograms(audio)[0, 16]
    np.testing.assert_allclose(found[[8, 20]], [1.0, 0.5], atol=1e-3)
    np.testing.assert_allclose(found[[7, 9]], 1.0 - 20.0 * np.log10(2.0) / 120.0, atol=1e-3)
    assert np.argmax(found) == 8 and found[14] < 0.2


def test_level_does_not_matter_and_silence_is_0():
    classifier, audio = small_classifier(), clips(2)[0]
    np.testing.assert_allclose(
        classifier.spectrograms(1e-3 * audio), classifier.spectrograms(audio), atol=1e-4
    )
    assert not classifier.spectrograms(np.zeros([1, 512])).any()


def test_frames_after_the_clip_are_0_until_their_number_is_a_power_of_two():
    classifier = small_classifier()
    found = classifier.spectrograms(np.full([1, 512], 0.1) * np.resize([1.0, -1.0], 512))
    assert found.shape == (1, 64, 32) and found[0, 32].any() and not found[0, 33:].any()


def test_features_come_before_the_leaky_relu_and_have_the_mean_and_deviation_of_batch_normalisation():
    classifier = small_classifier()
    spectrograms = tf.constant(classifier.spectrograms(clips(24)[0]))
    features, _ = classifier.network(spectrograms, training=True)
    assert features.shape == (24, 6)
    # 512 samples are 64 frames, eight after three halvings: eight positions a clip, of which features are the mean.
    np.testing.assert_allclose(np.mean(features, axis=0), 0.0, atol=1e-4)
    assert np.min(features) < -0.3


def test_heard_gives_the_same_as_hear_whatever_the_batch():
    classifier, audio = small_classifier(), clips(7)[0]
    logits, features = classifier.heard(audio, batch_size=3)
    whole_features, whole_logits = classifier.hear(classifier.spectrograms(audio))
    assert set(features) == {"preact_layer_7_1"} and {k: v.shape for k, v in logits.items()} == {
        "pitch": (7, 2),
        "family": (7, 3),
    }
    np.testing.assert_allclose(features["preact_layer_7_1"], whole_features, atol=1e-5)
    np.testing.assert_allclose(logits["family"], whole_logits["family"], atol=1e-5)
    with pytest.raises(ValueError, match="at least one clip"):
        classifier.heard(audio[:0])


def test_it_learns_from_spectrograms_held_in_half_precision():
    classifier = small_classifier()
    audio, rows = clips(48)
    spectrograms = classifier.spectrograms(audio).astype(classifier.stored_type)
    options = dict(classifier.training_defaults, learning_rate=3e-3)
    result = train_classifier(classifier, spectrograms, rows, spectrograms, rows, num_epochs=12, **options)
    assert classifier.stored_type is np.float16 and result.validation_accuracy["pitch"] >= 0.9
    assert classifier.training_defaults["first_decay"] == 0.5 and options["batch_size"] == 16
    assert np.isfinite(result.history[-1]["loss"])


@pytest.mark.parametrize("kind", list(CLASSIFIERS))
def test_the_kind_is_found_in_the_folder(kind, tmp_path):
    if kind == "nsynth":
        classifier = small_classifier(seed=2)
    else:
        classifier = Classifier(SAMPLE_RATE, 512, LABELS, num_mel_bins=16, frame_length=64, filters=(4,))
    classifier.save(tmp_path, {"fact": 1})
    loaded, facts = Classifier.load(tmp_path)
    assert type(loaded) is CLASSIFIERS[kind] and loaded.kind == kind and facts == {"fact": 1}
    assert loaded.options == classifier.options and loaded.labels == LABELS
    audio = clips(3)[0]
    np.testing.assert_array_equal(loaded.features(audio), classifier.features(audio))


def test_a_kind_of_a_newer_program_is_refused(tmp_path):
    small_classifier().save(tmp_path)
    config = json.loads((tmp_path / "classifier.json").read_text())
    (tmp_path / "classifier.json").write_text(json.dumps(config | {"kind": "large"}))
    with pytest.raises(ValueError, match="small or nsynth .* Received: large"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_bins": 34}, "has 33 bins"),
        ({"filters": ()}, "at least one convolution"),
        ({"num_hidden": 0}, "sizes of 1 or more"),
    ],
)
def test_impossible_sizes_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        NsynthClassifier(SAMPLE_RATE, 512, LABELS, **(SMALL | changed))
    with pytest.raises(ValueError, match="at least one label"):
        NsynthClassifier(SAMPLE_RATE, 512, {})
