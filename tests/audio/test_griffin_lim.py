"""Griffin-Lim against librosa's, and what holds of it for any magnitudes."""

import librosa
import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio import framing, griffin_lim, spectral

LENGTH_SAMPLES, FRAME_LENGTH, HOP_SAMPLES = 2048, 256, 64
# As librosa pads clips: half a frame on both sides.
FRAMES = framing.Frames(LENGTH_SAMPLES, FRAME_LENGTH, HOP_SAMPLES, 33, FRAME_LENGTH // 2)
SMALL = framing.Frames(160, 32, 8, 21, 16)


def clips(num=2, length_samples=LENGTH_SAMPLES, seed=0):
    """Returns decaying chords with some noise."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(length_samples) / 8000
    tones = np.sin(2 * np.pi * rng.uniform(100, 2000, [num, 3, 1]) * seconds).sum(axis=1)
    return (tones * np.exp(-5 * seconds) + 0.05 * rng.normal(size=tones.shape)).astype(np.float32)


def magnitudes_of(audio, frames=FRAMES):
    return tf.abs(framing.spectra_from_audio(audio, frames))


def distance(audio, magnitudes, frames=FRAMES):
    """Returns the error of each clip's magnitudes over the magnitudes."""
    errors = magnitudes_of(audio, frames) - magnitudes
    return (tf.norm(errors, axis=(1, 2)) / tf.norm(magnitudes, axis=(1, 2))).numpy()


@pytest.mark.parametrize("momentum", [0.99, 0.0])
@pytest.mark.parametrize("num_iterations, tolerance", [(0, 1e-6), (1, 1e-5), (16, 1e-3)])
@pytest.mark.parametrize("start", ["zero", "given"])
def test_it_agrees_with_librosa(start, num_iterations, tolerance, momentum):
    magnitudes = magnitudes_of(clips()).numpy().transpose(0, 2, 1)
    phases, options = None, {"init": None}
    if start == "given":
        # What librosa draws from this state.
        turns = np.random.RandomState(7).random(size=magnitudes.shape)
        phases = (2 * np.pi * turns).transpose(0, 2, 1).astype(np.float32)
        options = {"init": "random", "random_state": 7}
    expected = librosa.griffinlim(
        magnitudes, n_iter=num_iterations, hop_length=HOP_SAMPLES, momentum=momentum, **options
    )
    found = griffin_lim.audio_from_magnitudes(
        magnitudes.transpose(0, 2, 1), FRAMES, num_iterations, phases, momentum
    )
    assert found.shape == expected.shape == (2, LENGTH_SAMPLES)
    assert np.linalg.norm(found - expected) < tolerance * np.linalg.norm(expected)


def test_the_phases_of_the_sound_itself_stay():
    audio = clips()
    spectra = framing.spectra_from_audio(audio, FRAMES)
    found = griffin_lim.audio_from_magnitudes(tf.abs(spectra), FRAMES, 5, spectral.phase(spectra))
    np.testing.assert_allclose(found, audio, atol=1e-4)


@pytest.mark.parametrize("start", [None, griffin_lim.drawn_phases(FRAMES)], ids=["zero", "drawn"])
def test_rounds_bring_the_magnitudes_nearer(start):
    magnitudes = magnitudes_of(clips())
    errors = [
        distance(griffin_lim.audio_from_magnitudes(magnitudes, FRAMES, rounds, start), magnitudes).max()
        for rounds in (0, 4, 32)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2] and errors[2] < 0.1


def test_refined_spectra_keep_their_magnitudes_and_come_nearer_to_those_of_audio():
    grid = spectral.FrameGrid(2000, num_frames=16, num_bins=128, overlap=0.5)
    magnitudes = tf.abs(spectral.spectra_from_audio(clips(2, 2000), grid))
    phases = np.random.default_rng(3).uniform(-np.pi, np.pi, magnitudes.shape).astype(np.float32)

    def inconsistency(num_iterations):
        spectra = griffin_lim.refined_spectra(magnitudes, phases, grid, num_iterations)
        np.testing.assert_allclose(tf.abs(spectra), magnitudes, rtol=1e-3, atol=1e-4)
        audio = spectral.audio_from_spectra(spectra, grid)
        return float(tf.norm(tf.abs(spectral.spectra_from_audio(audio, grid)) - magnitudes))

    assert inconsistency(16) < 0.6 * inconsistency(0)


def test_drawn_phases_are_one_draw_of_the_whole_circle():
    phases = griffin_lim.drawn_phases(FRAMES)
    assert phases.shape == (1, 33, 129) and phases.dtype == np.float32
    np.testing.assert_array_equal(phases, griffin_lim.drawn_phases(FRAMES))
    assert np.abs(phases - griffin_lim.drawn_phases(FRAMES, seed=1)).max() > 1.0
    counts, _ = np.histogram(phases, 8, (-np.pi, np.pi))
    assert counts.min() > 0.8 * phases.size / 8


def test_clips_of_a_batch_do_not_mix_and_their_number_is_free():
    magnitudes = magnitudes_of(clips(3))
    phases = griffin_lim.drawn_phases(FRAMES)
    together = griffin_lim.audio_from_magnitudes(magnitudes, FRAMES, 4, phases)
    alone = griffin_lim.audio_from_magnitudes(magnitudes[1:2], FRAMES, 4, phases)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-4)
    calling = tf.function(
        lambda values: griffin_lim.audio_from_magnitudes(values, FRAMES, 4, phases),
        input_signature=[tf.TensorSpec([None, 33, 129])],
    )
    np.testing.assert_allclose(calling(magnitudes), together, atol=1e-4)


def test_equal_frames_share_a_trace():
    magnitudes = magnitudes_of(clips(1, 160), SMALL)
    griffin_lim.audio_from_magnitudes(magnitudes, SMALL, 3)
    before = griffin_lim.audio_from_magnitudes.experimental_get_tracing_count()
    griffin_lim.audio_from_magnitudes(magnitudes, framing.Frames(160, 32, 8, 21, 16), 3)
    assert griffin_lim.audio_from_magnitudes.experimental_get_tracing_count() == before


def test_gradients_are_those_of_small_changes():
    magnitudes = magnitudes_of(clips(1, 160), SMALL)
    phases = griffin_lim.drawn_phases(SMALL)
    rng = np.random.default_rng(5)
    weights = rng.normal(size=[1, 160]).astype(np.float32)
    change = rng.normal(size=magnitudes.shape).astype(np.float32) * magnitudes

    def value(moved):
        audio = griffin_lim.audio_from_magnitudes(moved, SMALL, 3, phases)
        return tf.reduce_sum(weights * audio)

    with tf.GradientTape() as tape:
        tape.watch(magnitudes)
        total = value(magnitudes)
    slope = float(tf.reduce_sum(tape.gradient(total, magnitudes) * change))
    step = 1e-3
    found = float(value(magnitudes + step * change) - value(magnitudes - step * change)) / (2 * step)
    assert slope == pytest.approx(found, rel=0.02, abs=0.02)
    assert abs(slope) > 0.5


def test_silence_stays_silent_and_has_finite_gradients():
    magnitudes = tf.zeros([1, 21, 17])
    with tf.GradientTape() as tape:
        tape.watch(magnitudes)
        audio = griffin_lim.audio_from_magnitudes(magnitudes, SMALL, 16, griffin_lim.drawn_phases(SMALL))
        total = tf.reduce_sum(audio)
    assert not np.any(audio)
    assert np.all(np.isfinite(tape.gradient(total, magnitudes)))
