"""The feature spaces: their values, what they name themselves, and that clips do not mix."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from gansynth_tf.evaluation.features import SPACES, ClassifierSpace, LogMelSpace, NdbSpace, WaveformSpace
from gansynth_tf.evaluation.features.space import Space, content_hash
from gansynth_tf.evaluation.suite.nearest_clips import levelled
from gansynth_tf.models.classifier import Classifier

SAMPLE_RATE, LENGTH = 16000, 16000


def clips(num, seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal([num, LENGTH]).astype(np.float32)


def tones(frequencies_hz, amplitude=0.5):
    seconds = np.arange(LENGTH) / SAMPLE_RATE
    return (amplitude * np.sin(2.0 * np.pi * np.outer(frequencies_hz, seconds))).astype(np.float32)


@pytest.fixture(scope="module")
def classifier():
    labels = {"pitch": ("low", "middle", "high"), "family": ("reed", "string")}
    return Classifier(SAMPLE_RATE, LENGTH, labels, num_mel_bins=32, filters=(4, 8))


@pytest.fixture(scope="module")
def spaces(classifier):
    of_sizes = [make(SAMPLE_RATE, LENGTH) for make in SPACES.values()]
    return {space.key: space for space in [*of_sizes, ClassifierSpace(classifier)]}


@pytest.mark.parametrize("key", [*SPACES, "classifier"])
def test_a_clip_has_its_values_whatever_stands_beside_it(spaces, key):
    space, audio = spaces[key], clips(5)
    whole = space.of(audio)
    assert tuple(whole) == space.names
    for name, values in space.of(audio[3:]).items():
        assert values.dtype == np.float32 and np.isfinite(values).all() and len(whole[name]) == 5
        np.testing.assert_allclose(values, whole[name][3:], atol=1e-4)


@pytest.mark.parametrize("key", [*SPACES, "classifier"])
def test_an_identity_fits_into_json_and_names_the_clips_it_is_for(spaces, key):
    identity = spaces[key].identity
    assert json.loads(json.dumps(identity)) == identity
    assert identity["space"] == key and identity["length_samples"] == LENGTH
    with pytest.raises(ValueError, match=str(LENGTH)):
        spaces[key].of(clips(2)[:, :-1])


HEARD = SimpleNamespace(
    kind="small",
    weights_hash="c1a55",
    sample_rate=SAMPLE_RATE,
    length_samples=LENGTH,
    labels={"pitch": ("low", "high")},
    options={"filters": (4, 8), "dropout": 0.5},
    layer_names=("features",),
)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        (LogMelSpace(SAMPLE_RATE, LENGTH), "1d55a3201c9d847dbdf38824deb24eb1"),
        (LogMelSpace(8000, 4000, int16_scale=False), "802687652552f4d279e0e9451aa0e66d"),
        (WaveformSpace(SAMPLE_RATE, LENGTH), "ffd23c0fdc6bc2eef339696ef55ef039"),
        (WaveformSpace(8000, 4000, num_samples=7), "d5b3f762f19af7b28d327f6a1f886394"),
        (NdbSpace(SAMPLE_RATE, LENGTH), "8050efae638e9c494f63cdb4537e7fc8"),
        (NdbSpace(8000, 4000, num_bands=8), "d3248a7752eecc3d12ebaf89b6f600b7"),
        (ClassifierSpace(HEARD), "1c3ddbd0f1f44b486ea321b0977dd07f"),
    ],
)
def test_identities_are_those_that_kept_features_and_fingerprints_were_made_with(space, expected):
    # Of the first version: where one changes on purpose, raise the space's version, and features are extracted anew.
    assert content_hash(space.identity) == expected


def test_a_space_that_forgets_its_facts_cannot_be_made():
    class Forgetful(Space):
        key, names = "forgetful", ("x",)

        def of(self, audio):
            return {"x": audio}

    with pytest.raises(TypeError, match="facts"):
        Forgetful(SAMPLE_RATE, LENGTH)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LogMelSpace(16000, LENGTH), LogMelSpace(16000, LENGTH, int16_scale=False)),
        (LogMelSpace(16000, LENGTH), LogMelSpace(8000, LENGTH)),
        (WaveformSpace(16000, LENGTH), WaveformSpace(16000, LENGTH, num_samples=1000)),
        (NdbSpace(16000, LENGTH), NdbSpace(16000, LENGTH, num_frames=16)),
        (NdbSpace(16000, LENGTH), NdbSpace(16000, LENGTH, floor=1e-3)),
    ],
)
def test_other_options_are_another_space(one, other):
    assert content_hash(one.identity) != content_hash(other.identity)


def test_other_weights_are_another_space(classifier):
    before = ClassifierSpace(classifier).identity
    head = classifier.network.get_layer("logits_1").bias
    head.assign_add([1e-6, 0.0])
    after = ClassifierSpace(classifier).identity
    head.assign([0.0, 0.0])
    assert {name for name in before if before[name] != after[name]} == {"weights_hash"}


@pytest.mark.parametrize("int16_scale", [True, False])
def test_log_mel_features_are_those_of_wavegan(shared_directory, int16_scale):
    folder = shared_directory / "golden" / "metrics"
    audio = np.load(folder / "in_waves.npz")["pcm16"].astype(np.float32) / 32768.0
    expected = np.load(folder / "out_logmel.npz")["logmel_int16scale" if int16_scale else "logmel_unitscale"]
    space = LogMelSpace(16000, audio.shape[1], int16_scale=int16_scale)
    np.testing.assert_allclose(space.of(audio)["log_mel"], expected, atol=0.02)


def test_silence_is_at_the_floor_and_a_tone_in_its_band_of_log_mel():
    space = LogMelSpace(SAMPLE_RATE, LENGTH)
    found = space.of(np.concatenate([tones([440.0, 3000.0]), np.zeros([1, LENGTH], np.float32)]))["log_mel"]
    np.testing.assert_allclose(found[2], np.log(1e-6), rtol=1e-6)
    edges = 1127.0 * np.log1p(np.array([40.0, 7800.0]) / 700.0)
    wanted = (1127.0 * np.log1p(np.array([440.0, 3000.0]) / 700.0) - edges[0]) / np.diff(edges) * 129 - 1
    assert np.abs(np.argmax(found[:2, 20], axis=1) - wanted).max() <= 1.0
    # The clip has 16,000 of the 16,384 samples: the last frames are silence.
    np.testing.assert_allclose(found[0, 125:], np.log(1e-6), rtol=1e-6)


def test_16_bit_log_mel_rounds_as_a_file_does():
    space, audio = LogMelSpace(SAMPLE_RATE, LENGTH), tones([440.0], amplitude=0.4 / 32768.0)
    np.testing.assert_allclose(space.of(audio)["log_mel"], np.log(1e-6), rtol=1e-6)
    assert LogMelSpace(SAMPLE_RATE, LENGTH, int16_scale=False).of(audio)["log_mel"].max() > np.log(1e-6) + 1.0


def test_copies_of_another_program_are_near_at_equal_level():
    rng = np.random.default_rng(0)
    seconds = np.arange(LENGTH) / SAMPLE_RATE
    tone = 0.5 * np.sin(2.0 * np.pi * 330.0 * seconds) * np.exp(-8.0 * seconds) * (seconds < 0.5)
    steps = 32768.0 * tone
    dither = rng.uniform(-0.5, 0.5, LENGTH) + rng.uniform(-0.5, 0.5, LENGTH)
    copies = [
        steps,
        np.round(steps + dither),
        np.floor(steps),
        np.round(0.7 * steps + dither),
        0 * steps,
        dither,
    ]
    space = LogMelSpace(SAMPLE_RATE, LENGTH)
    features = space.of((np.stack(copies) / 32768.0).astype(np.float32))["log_mel"].reshape(6, -1)

    def distances(of):
        return np.linalg.norm(of - of[0], axis=1)

    plain, equal = distances(features), distances(levelled(features, space.audible_from))
    assert plain[1] > 1000 and plain[2] > 10 and plain[3] > 1000
    assert max(equal[1:4]) < 1.0
    # Silence with and without dither is one, and is not the tone.
    assert equal[4] == pytest.approx(equal[5]) and equal[4] > 50
    quiet = LogMelSpace(SAMPLE_RATE, LENGTH, int16_scale=False)
    assert quiet.audible_from == pytest.approx(space.audible_from - np.log(32768.0))


def test_levels_are_taken_out_of_loud_clips_only():
    edge = np.log(1000.0)
    features = np.array(
        [[20.0, 15.0, 12.0, 1.0], [19.0, 14.0, 11.0, 0.0], [12.0, 11.0, 2.0, -5.0], [1.0, 0, 0, -9]]
    )
    expected = [
        [0.0, -5.0, -edge, -edge],
        [0.0, -5.0, -edge, -edge],
        [12.0 - 2 * edge, 11.0 - 2 * edge, -edge, -edge],
    ]
    np.testing.assert_allclose(levelled(features, edge)[:3], expected, rtol=1e-6)
    np.testing.assert_allclose(levelled(features, edge)[3], -edge, rtol=1e-6)


def test_a_waveform_is_cut_and_filled_with_silence():
    audio = clips(2)
    np.testing.assert_array_equal(
        WaveformSpace(SAMPLE_RATE, LENGTH, num_samples=7).of(audio)["waveform"], audio[:, :7]
    )
    found = WaveformSpace(SAMPLE_RATE, LENGTH).of(audio)["waveform"]
    assert found.shape == (2, 16384)
    np.testing.assert_array_equal(found[:, :LENGTH], audio)
    assert not found[:, LENGTH:].any()


def test_bins_are_pooled_frames_first_to_what_the_identity_says():
    space = NdbSpace(SAMPLE_RATE, LENGTH)
    assert space.identity["pooled"] == [32, 64] and space.identity["spectrum"] == [32, 1024]
    late = tones([1000.0 + 1.0, 6000.0])
    late[:, : LENGTH // 2] = 0.0
    found = space.of(late)["log_magnitude"].reshape(2, 32, 64)
    np.testing.assert_allclose(found[:, :12], np.log(1e-6), rtol=1e-5)
    # Bands of 125 Hz without DC: 1001 Hz lies in the ninth, 6000 Hz is the last bin of its band.
    assert list(np.argmax(found[:, 25], axis=1)) in ([8, 47], [7, 47])


def test_pooled_values_are_means_of_the_logarithms():
    fine = NdbSpace(SAMPLE_RATE, LENGTH, num_frames=2, num_bands=1024)
    coarse = NdbSpace(SAMPLE_RATE, LENGTH, num_frames=1, num_bands=512)
    values = fine.of(clips(3))["log_magnitude"].reshape(3, 2, 512, 2)
    np.testing.assert_allclose(coarse.of(clips(3))["log_magnitude"], values.mean(axis=(1, 3)), atol=1e-5)


def test_short_clips_have_fewer_frames_rather_than_more_silence():
    space = NdbSpace(SAMPLE_RATE, 2000)
    assert space.identity["pooled"] == [2, 64]
    assert space.of(np.zeros([1, 2000]))["log_magnitude"].shape == (1, 128)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NdbSpace(SAMPLE_RATE, LENGTH, num_frames=64), "at most 2048 dimensions"),
        (lambda: NdbSpace(SAMPLE_RATE, LENGTH, num_bands=48), "power of two"),
        (lambda: NdbSpace(SAMPLE_RATE, LENGTH, floor=0.0), "`floor` must be positive"),
        (lambda: WaveformSpace(SAMPLE_RATE, LENGTH, num_samples=0), "at least 1"),
    ],
)
def test_impossible_sizes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
