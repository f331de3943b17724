"""Audio files: what they hold, reading, resampling, and writing that leaves no half-written file."""

import dataclasses
import math
import os
import stat
import struct
from pathlib import Path

import numpy as np
import soundfile

from gansynth_tf.whole_file import whole_file

# What the header of a file with this ending must say.
FORMATS = {
    ".wav": ("WAV", "WAVEX", "RF64"),
    ".flac": ("FLAC",),
    ".mp3": ("MP3",),
    ".ogg": ("OGG",),
    ".oga": ("OGG",),
    ".opus": ("OGG",),
    ".aif": ("AIFF",),
    ".aiff": ("AIFF",),
    ".au": ("AU",),
}
SAMPLE_RATES = (1000, 768000)  # Outside, a header is taken for damaged.
_MARGIN_SECONDS = 0.02  # Context on each side of a resampled stretch, longer than the filter.
# An mp3 without a table of contents only estimates its length; much less than that was lost.
_MP3_LENGTH_TOLERANCE = 0.05
# A frame of mp3 borrows bits from those before it, so that the first ones after a jump are decoded wrong. soundfile
# jumps after every read, so that reading an mp3 piece by piece needs a run-up for each piece.
_MP3_RUN_UP_FRAMES = 32 * 1152
_UNKNOWN_SIZES = (0, 0x7FFFF000, 0xFFFFFFFF)  # What a recorder leaves in a wav that it streams.


class AudioFileError(ValueError):
    """A file that cannot be used as audio; the text is the reason, without the file's name."""


@dataclasses.dataclass(frozen=True)
class Header:
    """What the header of an audio file says.

    Args:
        sample_rate: In hertz.
        num_frames: Samples of each channel.
        num_channels: Number of channels.
        format: Container, as "WAV".
        subtype: Coding of the samples, as "PCM_16".
        announced_bytes: Size of a wav's samples, as it says itself; -1 for other files.
    """

    sample_rate: int
    num_frames: int
    num_channels: int
    format: str
    subtype: str
    announced_bytes: int = -1


def read_header(path: str | os.PathLike) -> Header:
    """Returns what a file's header says, after looking whether the file can be what its name tells.

    Raises:
        AudioFileError: If it is no readable audio file, is cut off, or is of another kind than its name tells.
    """
    with _opened(path) as file:
        header = Header(file.samplerate, file.frames, file.channels, file.format, file.subtype)
    if header.format in FORMATS[".wav"]:
        with open(path, "rb") as raw:
            header = dataclasses.replace(header, announced_bytes=_wav_samples(raw)[1])
    expected = FORMATS.get(Path(path).suffix.lower())
    if expected and header.format not in expected:
        raise AudioFileError(f"is {header.format} inside, but its name says {Path(path).suffix}")
    if not SAMPLE_RATES[0] <= header.sample_rate <= SAMPLE_RATES[1]:
        raise AudioFileError(f"its header tells an impossible sample rate of {header.sample_rate} Hz")
    if header.num_frames < 1:
        raise AudioFileError("holds no samples")
    return header


def read(path: str | os.PathLike) -> tuple[np.ndarray, int]:
    """Returns all samples of a file, channels mixed to one.

    Args:
        path: File in any format that libsndfile reads.

    Returns:
        (audio, sample_rate): float32 [num_samples], 1 being full scale; hertz.

    Raises:
        AudioFileError: If it is no readable audio file, is cut off, or is of another kind than its name tells.
    """
    header = read_header(path)
    return np.concatenate(list(read_blocks(path, header, header.num_frames))), header.sample_rate


def read_blocks(path: str | os.PathLike, header: Header, block_frames: int):
    """Yields a file's samples piece by piece, so that a long one need not fit in memory.

    Args:
        path: The file.
        header: From `read_header`.
        block_frames: Frames of a piece; the last one may be shorter.

    Yields:
        float32 [frames], channels mixed to one.

    Raises:
        AudioFileError: If the file ends before its header says, or holds values that are not finite.
    """
    num_read = 0
    with _opened(path) as file:
        while len(frames := _read_from(file, num_read, block_frames)):
            num_read += len(frames)
            if not np.isfinite(frames).all():
                raise AudioFileError("holds values that are not finite")
            yield frames.mean(axis=1)
    tolerance = _MP3_LENGTH_TOLERANCE if header.format == "MP3" else 0.0
    if num_read < (1.0 - tolerance) * header.num_frames:
        raise AudioFileError(f"is cut off: {num_read} samples of {header.num_frames}")


def read_stretch(
    path: str | os.PathLike, start_frame: int, sample_rate: int, length_samples: int, num_channels: int = 1
) -> np.ndarray:
    """Returns one stretch of a file at another sample rate.

    Args:
        path: The file.
        start_frame: First frame, counted at the file's own rate.
        sample_rate: Wanted rate, hertz.
        length_samples: Wanted samples; zeros follow where the file ends before.
        num_channels: 1 or 2; see `mixed`.

    Returns:
        float32 [length_samples] for one channel, [length_samples, 2] for two.

    Raises:
        AudioFileError: If the file cannot be read.
    """
    with _opened(path) as file:
        rate = file.samplerate
        before, num_frames, after = _around(start_frame, rate, sample_rate, length_samples)
        frames = _read_from(file, start_frame - before, before + num_frames + after)
    audio = resample(mixed(frames, num_channels), rate, sample_rate)
    return fitted(audio[before * sample_rate // rate :], length_samples)


def stretch_of(
    frames: np.ndarray, start_frame: int, rate: int, sample_rate: int, length_samples: int
) -> np.ndarray:
    """Returns one stretch of a recording in memory at another sample rate, as `read_stretch` does of a file.

    Args:
        frames: [num_frames] or [num_frames, channels] float32.
        start_frame: First frame of the stretch.
        rate: Of the recording, hertz.
        sample_rate: Wanted rate, hertz.
        length_samples: Wanted samples; zeros follow where the recording ends before.

    Returns:
        float32 [length_samples, ...].
    """
    before, num_frames, after = _around(start_frame, rate, sample_rate, length_samples)
    audio = resample(frames[start_frame - before : start_frame + num_frames + after], rate, sample_rate)
    return fitted(audio[before * sample_rate // rate :], length_samples)


def mixed(frames: np.ndarray, num_channels: int) -> np.ndarray:
    """Returns audio in the wanted number of channels; the sum of the weights is one, so that nothing gets clipped.

    Args:
        frames: [num_frames, channels of the recording] float.
        num_channels: 1 is the mean of all. 2 keeps a stereo recording as it is, doubles a mono one, and mixes all
            channels after the first two into both sides.

    Returns:
        [num_frames] for one channel, [num_frames, 2] for two.

    Raises:
        ValueError: If `num_channels` is neither 1 nor 2.
    """
    if num_channels == 1:
        return frames.mean(axis=1)
    if num_channels != 2:
        raise ValueError(f"`num_channels` must be 1 or 2. Received: num_channels={num_channels}.")
    if frames.shape[1] <= 2:
        return np.repeat(frames, 2, axis=1) if frames.shape[1] == 1 else frames
    others = frames[:, 2:].sum(axis=1, keepdims=True)
    return (frames[:, :2] + others) / (frames.shape[1] - 1)


def fitted(audio: np.ndarray, length_samples: int) -> np.ndarray:
    """Returns the start of `audio`, [samples] or [samples, channels], followed by zeros if it is shorter."""
    audio = audio[:length_samples]
    return np.pad(audio, [(0, length_samples - len(audio))] + [(0, 0)] * (audio.ndim - 1))


def resample(audio: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """Returns audio at another sample rate.

    Args:
        audio: [num_samples] or [num_samples, num_channels] float32.
        from_rate: Its rate, hertz.
        to_rate: The wanted rate, hertz.

    Returns:
        [ceil(num_samples * to_rate / from_rate), ...] float32.

    Source: soxr's high quality, through librosa.
    """
    if from_rate == to_rate or not len(audio):
        return np.asarray(audio, np.float32)
    import librosa  # Here, since it takes seconds to load and most sets need none of it.

    return librosa.resample(
        np.asarray(audio, np.float32), orig_sr=from_rate, target_sr=to_rate, res_type="soxr_hq", axis=0
    )


def write(path: str | os.PathLike, audio: np.ndarray, sample_rate: int, *, as_float: bool = False) -> None:
    """Writes a wav, which appears under its name only when it is whole; 16-bit samples are rounded to the nearest.

    Args:
        path: The file; one that exists is replaced.
        audio: [num_samples] or [num_samples, num_channels] float. Beyond full scale it is cut off, unless `as_float`.
        sample_rate: In hertz.
        as_float: Write 32-bit float instead of 16-bit.

    Raises:
        ValueError: If `audio` is empty or not finite.
        OSError: If it cannot be written; nothing is left behind.
    """
    audio = np.asarray(audio, np.float32)
    if not audio.size or not np.isfinite(audio).all():
        raise ValueError(f"Expected finite samples to write to {path}. Received: {audio.size} samples.")
    # libsndfile would round floats down: half a step of offset, which shows in silence and in copies of a clip.
    samples = audio if as_float else np.clip(np.rint(audio * 32768.0), -32768, 32767).astype(np.int16)
    with whole_file(path) as file:
        soundfile.write(file, samples, sample_rate, format="WAV", subtype="FLOAT" if as_float else "PCM_16")


def _opened(path):
    """Returns the opened file.

    Raises:
        AudioFileError: Says why not.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise AudioFileError("is not a file")
        if not status.st_size:
            raise AudioFileError("is empty (0 bytes)")
        with open(path, "rb") as file:
            missing_bytes = _missing_wav_bytes(file, status.st_size)
    except OSError as error:
        raise AudioFileError(f"cannot be opened: {error.strerror}") from error
    if missing_bytes:
        raise AudioFileError(f"is cut off: {missing_bytes} bytes of its samples are missing")
    try:
        return soundfile.SoundFile(os.fsencode(path))
    except soundfile.SoundFileError as error:
        raise AudioFileError(_reason(error)) from error


def _around(start_frame, rate, sample_rate, length_samples):
    """Returns the frames to read (before, of, after) a stretch, so that its ends are resampled with what is beside."""
    num_frames = math.ceil(length_samples * rate / sample_rate)
    if rate == sample_rate:
        return 0, num_frames, 0
    # A margin that is a whole number of samples at both rates, so that it can be cut off exactly.
    unit = rate // math.gcd(rate, sample_rate)
    margin = math.ceil(_MARGIN_SECONDS * rate / unit) * unit
    return min(margin, start_frame // unit * unit), num_frames, margin


def _read_from(file, start_frame, num_frames):
    """Returns frames from `start_frame` on, float32 [frames, channels]; fewer where the file ends."""
    run_up = min(start_frame, _MP3_RUN_UP_FRAMES) if file.format == "MP3" else 0
    try:
        # A file that stands there already is not moved: that alone would make an mp3 forget.
        if file.tell() != start_frame - run_up:
            file.seek(start_frame - run_up)
        return file.read(run_up + num_frames, dtype="float32", always_2d=True)[run_up:]
    except soundfile.SoundFileError as error:
        raise AudioFileError(_reason(error)) from error


def _reason(error):
    """Returns what libsndfile says, without the file's name."""
    text = getattr(error, "error_string", "") or str(error)
    if "does not exist" in text:  # What libsndfile says of an mp3 in which it finds no frame.
        text = "no sound was found in it"
    return f"cannot be decoded: {text.strip().rstrip('.')}"


def _missing_wav_bytes(file, file_size):
    """Returns how many bytes of samples a wav announces but lacks; libsndfile itself keeps silent about it."""
    start, size = _wav_samples(file)
    return 0 if size in (-1, *_UNKNOWN_SIZES) else max(0, start + size - file_size)


def _wav_samples(file):
    """Returns (where the samples of a wav start, how many bytes it says they are), or (0, -1) if it is no plain one."""
    header = file.read(12)
    if header[:4] != b"RIFF" or header[8:12] != b"WAVE":
        return 0, -1
    position = 12
    while len(chunk := file.read(8)) == 8:
        size = struct.unpack("<I", chunk[4:])[0]
        position += 8
        if chunk[:4] == b"data":
            return position, size
        position += size + size % 2
        file.seek(position)
    return 0, -1
