import sys

import numpy as np
import pytest
from matplotlib.image import imread

from gansynth_tf.audio import pictures

SAMPLE_RATE = 16000
SECONDS = np.arange(16000) / SAMPLE_RATE


def sine(hz, level=1.0):
    return level * np.sin(2 * np.pi * hz * SECONDS)


def row_of(hz):
    """The row that holds a frequency, from the definition of HTK mel."""
    mel = 2595 * np.log10(1 + hz / 700)
    return int(mel / (2595 * np.log10(1 + 8000 / 700)) * pictures.NUM_ROWS)


@pytest.mark.parametrize("hz", [250, 1000, 5000])
def test_a_sine_of_full_scale_is_at_0_db_in_its_row(hz):
    picture = pictures.spectrogram_db(sine(hz), SAMPLE_RATE)
    middle = picture[len(picture) // 2]
    assert abs(int(middle.argmax()) - row_of(hz)) <= 1
    assert middle.max() == pytest.approx(0.0, abs=1.5)


def test_half_the_level_is_6_db_less():
    whole, half = (pictures.spectrogram_db(sine(1000, level), SAMPLE_RATE)[30].max() for level in (0.5, 0.25))
    assert whole - half == pytest.approx(6.0206, abs=1e-3)


def test_time_runs_along_the_first_axis():
    late = np.where(SECONDS > 0.75, sine(1000), 0.0)
    loudness = pictures.spectrogram_db(late, SAMPLE_RATE).max(axis=1)
    assert (loudness[: len(loudness) // 2] == pictures.FLOOR_DB).all()
    assert loudness[int(len(loudness) * 0.85)] > -3


def test_silence_and_broken_samples_are_at_the_floor():
    assert (pictures.spectrogram_db(np.zeros(500), SAMPLE_RATE) == pictures.FLOOR_DB).all()
    assert (pictures.spectrogram_db(np.full(500, np.nan), SAMPLE_RATE) == pictures.FLOOR_DB).all()


def test_the_bare_picture_has_low_frequencies_at_the_bottom():
    image = pictures.spectrogram_image(sine(250), SAMPLE_RATE)
    assert image.dtype == np.uint8 and image.shape[0] == pictures.NUM_ROWS and image.shape[2] == 3
    brightest = image[:, image.shape[1] // 2].sum(axis=1).argmax()
    assert abs(int(brightest) - (pictures.NUM_ROWS - 1 - row_of(250))) <= 1


def test_a_picture_has_the_colours_of_the_clip_and_the_same_bytes_each_time(tmp_path):
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        pictures.save_spectrogram(path, sine(1000), SAMPLE_RATE, "a sine")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    pixels = imread(paths[0])[..., :3]
    assert pixels.shape[0] > 300 and pixels.shape[1] > 600
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


def test_a_sheet_grows_with_its_rows_and_columns(tmp_path):
    clips = np.stack([sine(300 * (number + 1)) for number in range(5)])
    sizes = []
    for num_columns in (5, 2, None):
        path = tmp_path / "sheet.png"
        pictures.save_contact_sheet(path, clips, ["a"] * 5, SAMPLE_RATE, num_columns=num_columns)
        sizes.append(imread(path).shape[:2])
    assert sizes[0][1] > sizes[2][1] > sizes[1][1]
    assert sizes[0][0] < sizes[2][0] < sizes[1][0]


def test_titles_fit_their_column():
    width = 20
    for title in (
        "jazz",
        "a rather long name of a class with many words",
        "oneverylongwordwithoutanyspaceinside" * 2,
    ):
        lines = pictures._fitted(title, width).split("\n")
        assert len(lines) <= 2 and max(map(len, lines)) <= width


@pytest.mark.parametrize("half_rate", [4000, 8000, 22050, 48000])
def test_ticks_keep_their_distance(half_rate):
    top = float(pictures._hz_to_mel(half_rate))
    mels = [mel for _, mel in pictures._spaced_ticks(top, 0.06 * top)]
    assert len(mels) >= 3 and max(mels) <= top + 1e-6
    assert (-np.diff(mels) >= 0.06 * top).all()


def test_the_global_state_of_matplotlib_is_not_touched(tmp_path):
    pictures.save_spectrogram(tmp_path / "a.png", sine(1000), SAMPLE_RATE)
    if "matplotlib.pyplot" in sys.modules:
        assert not sys.modules["matplotlib.pyplot"].get_fignums()


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\[num, length_samples\].*\(0, 4\)"):
        pictures.save_contact_sheet(tmp_path / "a.png", np.zeros([0, 4]), [], SAMPLE_RATE)
    with pytest.raises(ValueError, match="3 titles"):
        pictures.save_contact_sheet(tmp_path / "a.png", np.zeros([2, 4]), ["a"] * 3, SAMPLE_RATE)
    with pytest.raises(ValueError, match=r"\[length_samples\].*\(2, 4\)"):
        pictures.spectrogram_db(np.zeros([2, 4]), SAMPLE_RATE)
