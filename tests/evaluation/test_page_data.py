"""What an evaluation hands to its page."""

import numpy as np
import soundfile
from matplotlib.image import imread

from gansynth_tf.evaluation.page.thumbnails import HEIGHT, WIDTH, save_thumbnail
from gansynth_tf.evaluation.suite.page_data import Media


def test_clips_have_bare_pictures_and_sounds_that_are_made_once(tmp_path):
    audio = np.sin(np.arange(8000) * 0.3).astype(np.float32)
    media, asked = Media(tmp_path, 8000), []

    def read(number):
        asked.append(number)
        return audio

    clip = media.clip("images", 7, read, "clip 7")
    assert clip == {
        "wav": "media/images_000007.wav",
        "picture": "media/images_000007.png",
        "caption": "clip 7",
    }
    assert media.clip("images", 7, read, "again")["wav"] == clip["wav"] and asked == [7]
    assert imread(tmp_path / clip["picture"]).shape[:2] == (HEIGHT, WIDTH)
    # No axes and no colour bar, which nobody could read in that size.
    save_thumbnail(tmp_path / "bare.png", audio, 8000)
    assert (tmp_path / clip["picture"]).read_bytes() == (tmp_path / "bare.png").read_bytes()
    sound, sample_rate = soundfile.read(tmp_path / clip["wav"])
    assert sample_rate == 8000 and len(sound) == 8000 and np.abs(sound - audio).max() < 1e-3
