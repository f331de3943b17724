"""One pass over clips: the same values however they come, kept, read again, and never half."""

import errno
import json
import multiprocessing
import os

import numpy as np
import pytest

from gansynth_tf.evaluation.features import clips_hash, extract
from gansynth_tf.evaluation.features.extraction import BATCH_SIZE

LENGTH = 6
NUM = 2 * BATCH_SIZE + 5


class Doubled:
    """A toy space: twice the clip, and the sum over the whole batch to tell how many clips came together."""

    def __init__(self, key="doubled", factor=2.0):
        self.key, self.factor, self.calls = key, factor, []
        self.names = (f"{key}/clip", f"{key}/sum")

    @property
    def identity(self):
        return {"space": self.key, "factor": self.factor}

    def of(self, audio):
        self.calls.append(len(audio))
        return {
            self.names[0]: self.factor * audio,
            self.names[1]: np.full(len(audio), audio.sum(), np.float32),
        }


def clips(num=NUM):
    return np.random.default_rng(1).standard_normal([num, LENGTH]).astype(np.float32)


def untouchable():
    raise AssertionError("The clips were read.")
    yield


def test_values_are_those_of_the_space_in_the_order_of_the_clips():
    found = extract([Doubled()], [clips()], NUM)
    assert list(found) == ["doubled/clip", "doubled/sum"] and found["doubled/sum"].shape == (NUM,)
    np.testing.assert_array_equal(found["doubled/clip"], 2.0 * clips())


@pytest.mark.parametrize("sizes", [[NUM], [1] * NUM, [7, 40, 0, 5, NUM - 52], [BATCH_SIZE, NUM - BATCH_SIZE]])
def test_results_do_not_depend_on_how_clips_are_handed_over(sizes):
    space, expected = Doubled(), extract([Doubled()], [clips()], NUM)
    ends = np.cumsum(sizes)
    batches = (clips()[end - size : end] for size, end in zip(sizes, ends, strict=True))
    found = extract([space], batches, NUM)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert space.calls == [BATCH_SIZE] * 3


def test_what_is_kept_is_read_without_the_clips(tmp_path):
    facts = {"checkpoint": "abc", "seed": 1}
    first = extract([Doubled()], iter([clips()]), NUM, tmp_path, clips=facts)
    space = Doubled()
    second = extract([space], untouchable(), NUM, tmp_path, clips=facts)
    assert not space.calls
    for name, values in first.items():
        np.testing.assert_array_equal(second[name], values)
        assert isinstance(second[name], np.memmap) and not second[name].flags.writeable


def test_a_space_that_joins_later_is_computed_alone(tmp_path):
    extract([Doubled()], [clips()], NUM, tmp_path, clips={})
    old, new = Doubled(), Doubled("tripled", 3.0)
    found = extract([old, new], [clips()], NUM, tmp_path, clips={})
    assert not old.calls and new.calls
    np.testing.assert_array_equal(found["tripled/clip"], 3.0 * clips())
    np.testing.assert_array_equal(found["doubled/clip"], 2.0 * clips())


@pytest.mark.parametrize(
    "changed",
    [{"space": Doubled(factor=2.5)}, {"clips": {"seed": 2}}, {"num": NUM - 1}],
    ids=["space", "clips", "number"],
)
def test_other_spaces_clips_or_numbers_are_computed_again(tmp_path, changed):
    extract([Doubled()], [clips()], NUM, tmp_path, clips={"seed": 1})
    space, num = changed.get("space", Doubled()), changed.get("num", NUM)
    extract([space], [clips()[:num]], num, tmp_path, clips=changed.get("clips", {"seed": 1}))
    assert space.calls and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["manifest", "missing", "short", "shape", "other"])
def test_what_is_not_whole_is_computed_again(tmp_path, damage):
    expected = extract([Doubled()], [clips()], NUM, clips={})
    extract([Doubled()], [clips()], NUM, tmp_path, clips={})
    (folder,) = tmp_path.iterdir()
    array, manifest = folder / "00.npy", folder / "manifest.json"
    if damage == "manifest":
        manifest.write_text(manifest.read_text()[:50])
    elif damage == "missing":
        array.unlink()
    elif damage == "short":
        array.write_bytes(array.read_bytes()[:-100])
    elif damage == "shape":
        np.save(array, np.zeros([NUM, LENGTH + 1], np.float32))
    else:
        facts = json.loads(manifest.read_text())
        facts["facts"]["clips"] = {"seed": 9}
        manifest.write_text(json.dumps(facts))
    space = Doubled()
    found = extract([space], [clips()], NUM, tmp_path, clips={})
    assert space.calls
    np.testing.assert_array_equal(found["doubled/clip"], expected["doubled/clip"])
    np.testing.assert_array_equal(
        extract([Doubled()], untouchable(), NUM, tmp_path, clips={})["doubled/clip"], 2.0 * clips()
    )


def killed_half_way(folder):
    def batches():
        yield clips()[: BATCH_SIZE + 1]
        os._exit(9)

    extract([Doubled()], batches(), NUM, folder, clips={})


def test_a_killed_extraction_is_not_read_and_goes_away(tmp_path):
    process = multiprocessing.get_context("fork").Process(target=killed_half_way, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 9
    (partial,) = tmp_path.iterdir()
    space = Doubled()
    extract([space], [clips()], NUM, tmp_path, clips={})
    assert space.calls and not partial.exists() and len(list(tmp_path.iterdir())) == 1


def test_an_extraction_that_fails_leaves_nothing(tmp_path):
    def batches():
        yield clips()[:40]
        raise OSError("The disk is gone.")

    with pytest.raises(OSError, match="The disk is gone"):
        extract([Doubled()], batches(), NUM, tmp_path, clips={})
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_not_a_crash_and_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor, offset, length):
        assert (offset, length) == (0, os.fstat(descriptor).st_size) and length > 4 * NUM
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        extract([Doubled()], iter([clips()]), NUM, tmp_path, clips={})
    assert not list(tmp_path.iterdir())


def test_two_at_once_leave_one_whole_result(tmp_path):
    def batches():
        yield clips()[:40]
        extract([Doubled()], [clips()], NUM, tmp_path, clips={})
        yield clips()[40:]

    found = extract([Doubled()], batches(), NUM, tmp_path, clips={})
    np.testing.assert_array_equal(found["doubled/clip"], 2.0 * clips())
    assert len(list(tmp_path.iterdir())) == 1


def test_progress_ends_at_the_number_of_clips():
    seen = []
    extract([Doubled()], [clips()], NUM, count=lambda done, total: seen.append((done, total)))
    assert seen == [(BATCH_SIZE, NUM), (2 * BATCH_SIZE, NUM), (NUM, NUM)]


def test_the_hash_of_clips_is_that_of_their_values_in_their_order():
    one = clips()
    assert clips_hash([one]) == clips_hash([one[:3], one[3:]]) != clips_hash([one[::-1]])
    even = one[:4]
    assert clips_hash([even]) != clips_hash([even.reshape(2, 2 * LENGTH)])
    with pytest.raises(ValueError, match="of one length"):
        clips_hash([one, one[:, :-1]])


def test_mistakes_are_refused(tmp_path):
    broken = clips()
    broken[50, 2] = np.nan
    with pytest.raises(ValueError, match="infinity in clip 50"):
        extract([Doubled()], [broken], NUM, tmp_path, clips={})
    with pytest.raises(ValueError, match=f"Expected {NUM} clips. Received: {NUM - 1}"):
        extract([Doubled()], [clips(NUM - 1)], NUM)
    with pytest.raises(ValueError, match="Received: more"):
        extract([Doubled()], [clips(NUM + 1)], NUM)
    with pytest.raises(ValueError, match="arrays of different names"):
        extract([Doubled(), Doubled()], [clips()], NUM)
    with pytest.raises(ValueError, match="Expected `clips`"):
        extract([Doubled()], [clips()], NUM, tmp_path)
    with pytest.raises(ValueError, match="at least one clip"):
        extract([Doubled()], [], 0)
    with pytest.raises(ValueError, match="shape"):
        extract([Doubled()], [np.zeros(5)], 5)
