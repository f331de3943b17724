"""Frames with all their bins, against librosa and closed forms."""

import librosa
import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.audio.framing import Frames, audio_from_spectra, halvable_frames, spectra_from_audio

CENTRED = Frames(length_samples=640, frame_length=128, hop_samples=32, num_frames=21, pad_samples=64)


def noise(num, length_samples, seed=1):
    return np.random.default_rng(seed).normal(size=[num, length_samples]).astype(np.float32)


def test_centred_frames_are_librosas():
    audio = noise(2, 640)
    expected = librosa.stft(audio, n_fft=128, hop_length=32, center=True, pad_mode="constant")
    spectra = spectra_from_audio(audio, CENTRED)
    assert spectra.shape == (2, 21, 65) and spectra.dtype == tf.complex64
    np.testing.assert_allclose(spectra, expected.transpose(0, 2, 1), atol=2e-5)


@pytest.mark.parametrize("hop_samples, num_frames", [(32, 21), (64, 11), (48, 14)])
def test_audio_of_any_spectra_is_librosas(hop_samples, num_frames):
    frames = Frames(hop_samples * (num_frames - 1), 128, hop_samples, num_frames, 64)
    rng = np.random.default_rng(2)
    spectra = (rng.normal(size=[2, num_frames, 65]) + 1j * rng.normal(size=[2, num_frames, 65])).astype(
        np.complex64
    )
    expected = librosa.istft(spectra.transpose(0, 2, 1), hop_length=hop_samples, n_fft=128)
    np.testing.assert_allclose(audio_from_spectra(spectra, frames), expected, atol=1e-6)


@pytest.mark.parametrize("hop_samples", [16, 32, 64, 50])
def test_audio_comes_back_except_where_only_the_rim_of_a_window_reaches(hop_samples):
    frames = Frames(1000, 128, hop_samples, -(-1000 // hop_samples), pad_samples=0)
    audio = noise(2, 1000)
    restored = audio_from_spectra(spectra_from_audio(audio, frames), frames).numpy()
    np.testing.assert_allclose(restored[:, 64:-64], audio[:, 64:-64], atol=1e-5)
    # Where a division by next to nothing would be needed, the clip fades instead.
    assert restored[0, 0] == 0.0
    assert np.all(np.abs(restored) <= np.abs(audio) + 1e-4)


def test_errors_are_not_magnified_where_only_the_rim_of_a_window_reaches():
    frames = Frames(1000, 128, 64, 16, pad_samples=0)
    rng = np.random.default_rng(3)
    spectra = rng.normal(size=[4, 16, 65]) + 1j * rng.normal(size=[4, 16, 65])
    audio = np.abs(audio_from_spectra(spectra.astype(np.complex64), frames))
    assert audio[:, :64].max() < 2 * audio[:, 64:-64].max()


def test_the_last_frame_begins_a_hop_before_the_end_and_silence_in_front_fills_up():
    frames = halvable_frames(length_samples=16000, num_frames=0, num_bins=128, overlap=0.5)
    assert (frames.num_frames, frames.frame_length, frames.hop_samples) == (128, 256, 128)
    assert (frames.pad_samples, frames.end_samples) == (384, 128)
    impulse = np.zeros([1, 16000], np.float32)
    impulse[0, 0] = 1.0
    energy = np.sum(np.abs(spectra_from_audio(impulse, frames)[0]) ** 2, axis=1)
    assert np.flatnonzero(energy > 1e-9).tolist() == [2]  # Sample 0 of frame 3 has no weight.


@pytest.mark.parametrize(
    "length_samples, overlap, num_frames",
    [(1, 0.5, 2), (256, 0.5, 2), (257, 0.5, 4), (16384, 0.5, 128), (16385, 0.5, 256), (16384, 0.75, 256)],
)
def test_as_few_frames_as_hold_the_clip(length_samples, overlap, num_frames):
    frames = halvable_frames(length_samples, 0, 128, overlap)
    assert frames.num_frames == num_frames
    assert frames.pad_samples + length_samples == num_frames * frames.hop_samples


def test_a_tone_is_in_its_bin():
    frames = halvable_frames(1024, 0, 64, 0.75)
    tone = np.cos(2 * np.pi * 10 / 128 * np.arange(1024))[np.newaxis].astype(np.float32)
    magnitudes = np.abs(spectra_from_audio(tone, frames))[0]
    assert np.all(magnitudes[4:-4].argmax(axis=1) == 10)
    np.testing.assert_allclose(magnitudes[4:-4, 10], 32.0, rtol=1e-4)  # A quarter of a frame for full scale.


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"frame_length": 127}, "must be even. Received: frame_length=127. Nearest valid: 128"),
        ({"hop_samples": 65}, "between 1 and half a frame, 64.*hop_samples=65"),
        ({"hop_samples": 0}, "hop_samples=0"),
        ({"num_frames": 5}, "cover 256 samples, but silence and clip have 704"),
        ({"length_samples": 0}, "length_samples >= 1"),
        ({"pad_samples": -1}, "pad_samples >= 0"),
    ],
)
def test_frames_that_cannot_be_are_refused(changes, message):
    sizes = {
        "length_samples": 640,
        "frame_length": 128,
        "hop_samples": 32,
        "num_frames": 21,
        "pad_samples": 64,
    }
    with pytest.raises(ValueError, match=message):
        Frames(**(sizes | changes))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((1000, 4, 128, 0.5), "cover 512 samples, but a clip has 1000. Choose num_frames=8"),
        ((1000, 12, 128, 0.5), "`num_frames` must be a power of two.*Nearest valid: 16"),
        ((1000, 0, 100, 0.5), "`num_bins` must be a power of two"),
        ((1000, 0, 128, 0.4), "overlap=0.4"),
        ((1000, 0, 128, 1.0), "overlap=1.0"),
        ((1000, 0, 2, 0.9), "at least a sample apart"),
        ((0, 0, 128, 0.5), "length_samples=0"),
    ],
)
def test_sizes_that_cannot_be_halved_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        halvable_frames(*arguments)
