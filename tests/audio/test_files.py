"""Audio files: headers, reading, stretches at another rate, writing, and what is wrong with broken ones."""

import os
import struct

import numpy as np
import pytest
import soundfile

from gansynth_tf.audio import files
from gansynth_tf.audio.files import AudioFileError

RATE = 44100


def chirp(num_samples=2 * RATE, rate=RATE):
    seconds = np.arange(num_samples) / rate
    return (0.5 * np.sin(2 * np.pi * (100 * seconds + 150 * seconds**2))).astype(np.float32)


def written(path, audio, rate=RATE, **options):
    soundfile.write(path, audio, rate, **options)
    return path


@pytest.mark.parametrize(
    ("ending", "subtype", "tolerance"),
    [
        ("wav", "PCM_16", 4e-5),
        ("wav", "PCM_24", 2e-7),
        ("wav", "PCM_U8", 8e-3),
        ("wav", "FLOAT", 0.0),
        ("flac", "PCM_16", 4e-5),
        ("mp3", "MPEG_LAYER_III", 0.02),
        ("ogg", "VORBIS", 0.02),
        ("aiff", "PCM_16", 4e-5),
        ("au", "PCM_16", 4e-5),
    ],
)
def test_every_format_reads_as_it_was_written(tmp_path, ending, subtype, tolerance):
    path = written(tmp_path / f"a.{ending}", chirp(), subtype=subtype)
    audio, rate = files.read(path)
    assert (rate, audio.dtype, audio.shape) == (RATE, np.float32, chirp().shape)
    np.testing.assert_allclose(audio, chirp(), atol=tolerance)
    header = files.read_header(path)
    assert (header.num_frames, header.sample_rate, header.num_channels) == (2 * RATE, RATE, 1)


def test_channels_are_mixed_down(tmp_path):
    path = written(tmp_path / "a.wav", np.stack([chirp(), -0.5 * chirp(), 0 * chirp()], 1), subtype="FLOAT")
    np.testing.assert_allclose(files.read(path)[0], chirp() / 6, atol=1e-7)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg"])
def test_pieces_are_those_of_the_whole(tmp_path, ending):
    path = written(tmp_path / f"a.{ending}", chirp())
    whole, _ = files.read(path)
    pieces = list(files.read_blocks(path, files.read_header(path), 5000))
    assert len(pieces) == 18 and len(pieces[-1]) == 3200
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("rate", [RATE, 16000])
def test_a_stretch_is_that_of_the_whole(tmp_path, ending, rate):
    path = written(tmp_path / f"a.{ending}", chirp())
    whole, _ = files.read(path)
    resampled = files.resample(whole, RATE, rate)
    for start in (0, 441, 441 * 50, 441 * 150):
        stretch = files.read_stretch(path, start, rate, 4000)
        expected = resampled[start * rate // RATE :][:4000]
        np.testing.assert_allclose(stretch, expected, atol=1e-5)


def test_a_stretch_ends_in_silence_where_the_file_ends(tmp_path):
    path = written(tmp_path / "a.wav", chirp(1000), subtype="FLOAT")
    stretch = files.read_stretch(path, 400, RATE, 1000)
    np.testing.assert_array_equal(stretch, np.pad(chirp(1000)[400:], (0, 400)))


def test_resampling_keeps_a_tone():
    tone = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000).astype(np.float32)
    resampled = files.resample(tone, 48000, 16000)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert resampled.dtype == np.float32 and resampled.shape == (16000,)
    np.testing.assert_allclose(resampled[500:-500], expected[500:-500], atol=1e-3)
    assert files.resample(tone, 48000, 48000) is tone


def test_written_wavs_read_back(tmp_path):
    files.write(tmp_path / "a.wav", chirp(), RATE)
    assert files.read_header(tmp_path / "a.wav").subtype == "PCM_16"
    np.testing.assert_allclose(files.read(tmp_path / "a.wav")[0], chirp(), atol=4e-5)
    files.write(tmp_path / "a.wav", 3 * chirp(), RATE, as_float=True)
    np.testing.assert_array_equal(files.read(tmp_path / "a.wav")[0], 3 * chirp())
    assert os.listdir(tmp_path) == ["a.wav"]


def test_samples_are_rounded_to_the_nearest_of_16_bits(tmp_path):
    steps = np.array([0.4, 0.6, 1.4, -0.4, -0.6, -1.4, 24575.6, 32767.4, -32767.6])
    files.write(tmp_path / "a.wav", steps / 32768, RATE)
    heard = files.read(tmp_path / "a.wav")[0] * 32768
    assert heard.tolist() == [0, 1, 1, 0, -1, -1, 24576, 32767, -32768]


def test_samples_beyond_full_scale_are_cut_off_not_wrapped(tmp_path):
    files.write(tmp_path / "a.wav", np.array([2.0, -2.0]), RATE)
    np.testing.assert_allclose(files.read(tmp_path / "a.wav")[0], [1, -1], atol=4e-5)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    files.write(tmp_path / "a.wav", chirp(), RATE)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(tmp_path / "a.wav", 0 * chirp(), RATE)
    assert os.listdir(tmp_path) == ["a.wav"]
    np.testing.assert_allclose(files.read(tmp_path / "a.wav")[0], chirp(), atol=4e-5)


@pytest.mark.parametrize("audio", [np.zeros(0), np.array([0.0, np.nan])])
def test_what_is_no_sound_is_not_written(tmp_path, audio):
    with pytest.raises(ValueError, match="Expected finite samples"):
        files.write(tmp_path / "a.wav", audio, RATE)


def broken(directory, kind):
    """Writes a broken file and returns its path."""
    whole = {
        ending: written(directory / f"whole.{ending}", chirp()) for ending in ("wav", "flac", "mp3", "ogg")
    }
    content = {ending: path.read_bytes() for ending, path in whole.items()}
    nan = chirp()
    nan[500] = np.nan
    path = directory / f"broken.{kind.split()[-1]}"
    if kind == "folder wav":
        path.mkdir()
    elif kind == "nan wav":
        written(path, nan, subtype="FLOAT")
    elif kind == "no samples wav":
        written(path, chirp(0))
    elif kind == "impossible rate wav":
        path.write_bytes(content["wav"][:24] + struct.pack("<I", 7) + content["wav"][28:])
    else:
        path.write_bytes(
            {
                "empty wav": b"",
                "text wav": b"This is no sound. " * 100,
                "text mp3": b"This is no sound. " * 100,
                "cut wav": content["wav"][:-1000],
                "header only wav": content["wav"][:30],
                "cut flac": content["flac"][: len(content["flac"]) // 2],
                "cut mp3": content["mp3"][: len(content["mp3"]) // 2],
                "cut ogg": content["ogg"][: len(content["ogg"]) // 2],
                "mislabelled wav": content["mp3"],
                "mislabelled mp3": content["wav"],
                "mislabelled flac": content["ogg"],
            }[kind]
        )
    return path


BROKEN = {
    "folder wav": "is not a file",
    "empty wav": r"is empty \(0 bytes\)",
    "no samples wav": "holds no samples",
    "text wav": "cannot be decoded",
    "text mp3": "cannot be decoded|cut off|holds no samples",
    "nan wav": "not finite",
    "impossible rate wav": "impossible sample rate of 7 Hz",
    "cut wav": "cut off: 1000 bytes",
    "header only wav": "cannot be decoded",
    "cut flac": "cannot be decoded",
    "cut mp3": "cut off",
    "cut ogg": "cannot be decoded",
    "mislabelled wav": "is MP3 inside, but its name says .wav",
    "mislabelled mp3": "is WAV inside, but its name says .mp3",
    "mislabelled flac": "is OGG inside, but its name says .flac",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_wrong_with_a_file_is_said(tmp_path, kind):
    with pytest.raises(AudioFileError, match=BROKEN[kind]):
        files.read(broken(tmp_path, kind))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(AudioFileError, match="cannot be opened: No such file"):
        files.read(tmp_path / "none.wav")


def test_a_file_without_permission_is_said(tmp_path, monkeypatch):
    path = written(tmp_path / "a.wav", chirp())

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(AudioFileError, match="Permission denied"):
        files.read_header(path)


def test_a_wav_that_was_streamed_is_whole(tmp_path):
    path = written(tmp_path / "a.wav", chirp(), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert len(files.read(path)[0]) == len(chirp())


def test_names_may_hold_any_character(tmp_path):
    path = written(tmp_path / "ø\n日本 'a'.wav", chirp(), format="WAV")
    assert len(files.read(path)[0]) == len(chirp())
    undecodable = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav")
    os.rename(path, undecodable)
    assert len(files.read(undecodable)[0]) == len(chirp())


def test_channels_are_mixed_to_one_or_two():
    frames = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]], np.float32)
    np.testing.assert_allclose(files.mixed(frames, 1), [0.25, 0.25, 0.25])
    np.testing.assert_allclose(files.mixed(frames, 2), [[1 / 3, 0], [0, 1 / 3], [1 / 3, 1 / 3]])
    np.testing.assert_allclose(files.mixed(frames[:, :2], 2), frames[:, :2])
    np.testing.assert_allclose(files.mixed(frames[:, :1], 2), [[1, 1], [0, 0], [0, 0]])
    with pytest.raises(ValueError, match="num_channels=3"):
        files.mixed(frames, 3)


def test_a_stretch_in_stereo_is_resampled_side_by_side(tmp_path):
    seconds = np.arange(8000) / 8000
    sides = np.stack([np.sin(2 * np.pi * 200 * seconds), np.sin(2 * np.pi * 300 * seconds)], axis=1)
    soundfile.write(tmp_path / "a.wav", 0.5 * sides, 8000, subtype="FLOAT")
    stretch = files.read_stretch(tmp_path / "a.wav", 800, 16000, 4000, 2)
    seconds = 0.1 + np.arange(4000) / 16000
    expected = np.stack([np.sin(2 * np.pi * 200 * seconds), np.sin(2 * np.pi * 300 * seconds)], axis=1)
    np.testing.assert_allclose(stretch, 0.5 * expected, atol=2e-3)
