"""GTZAN: both forms, the faults that are known of it, and its splits."""

import pickle
import shutil

import numpy as np
import pytest

from gansynth_tf.data.gtzan import GENRES, Gtzan
from gansynth_tf.data.gtzan_faults import IN_TWO_GENRES, REPETITIONS
from gansynth_tf.data.labels import Labels
from gansynth_tf.options import UserError
from tests.data.small_sets import nothing_is_fetched, own_examples, put, tone
from tests.data.tfds_fakes import fake_tfds

RATE = 8000
LENGTH = 2000
FILE_RATE = 22050
EXCERPTS = [f"{genre}.{number:05d}" for genre in ("blues", "hiphop", "rock") for number in range(6)]


def music(excerpt, seconds=0.9):
    """Returns int16 [samples] that no other excerpt has."""
    genre, number = excerpt.split(".")
    f0_hz = 100 + 40 * GENRES.index(genre) + int(number)
    return np.round(32767 * tone(f0_hz, seconds, FILE_RATE)).astype(np.int16)


def put_excerpts(folder, excerpts=EXCERPTS, ending="au"):
    for excerpt in excerpts:
        put(folder, f"{excerpt.split('.')[0]}/{excerpt}.{ending}", music(excerpt), FILE_RATE)


@pytest.fixture(scope="module")
def genres(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gtzan") / "genres"
    put_excerpts(folder)
    return folder


def opened(folder, **options):
    return Gtzan(RATE, LENGTH, folder=str(folder), **options)


def as_examples(excerpts=EXCERPTS, samples=music):
    """Returns what fake_tfds takes to hold these excerpts."""

    def change(split, number, example):
        excerpt = excerpts[number]
        label = GENRES.index(excerpt.split(".")[0])
        audio = samples(excerpt).astype(np.int64)
        return example | {"audio": audio, "label": label, "audio/filename": f"{excerpt}.wav"}

    return {"num_examples": len(excerpts), "change": change}


def placed(dataset):
    """Returns {(excerpt, start): (split, genre)} of all clips, in their order."""
    found = {}
    for split in dataset.splits:
        for source, row in zip(dataset.sources(split), dataset.rows(split), strict=True):
            excerpt = source.name.split("/")[-1].rpartition(".")[0]
            found[excerpt, source.start_seconds] = (split, dataset.labels["genre"][row[0]])
    return found


def sounds(dataset):
    """Returns {(excerpt, start): samples} of all clips."""
    clips = [clip for split in dataset.splits for clip in dataset.clips(split).as_numpy_iterator()]
    return dict(zip(placed(dataset), clips, strict=True))


def splits_of(dataset):
    """Returns {excerpt: split}."""
    return {excerpt: split for (excerpt, _), (split, _) in placed(dataset).items()}


def test_the_genre_is_the_folder_and_recordings_are_sliced(genres):
    dataset = opened(genres, valid_fraction=0.0, test_fraction=0.0)
    assert dataset.labels == {"genre": GENRES} and dataset.splits == ("train",)
    # 0.9 s are three whole clips of a quarter second; the rest is not padded.
    assert len(dataset.rows("train")) == 3 * len(EXCERPTS)
    assert all(genre == excerpt.split(".")[0] for (excerpt, _), (_, genre) in placed(dataset).items())
    assert min(np.abs(clip).max() for clip in sounds(dataset).values()) > 0.45
    assert Labels(dataset).classes == {"genre": ("blues", "hiphop", "rock")}


@pytest.mark.parametrize("named", ["genres", ".", "moved/genres_original", "moved"])
def test_its_folder_is_found(genres, tmp_path, named):
    shutil.copytree(genres, tmp_path / "genres")
    if named.startswith("moved"):
        (tmp_path / "moved").mkdir()
        (tmp_path / "genres").rename(tmp_path / "moved" / "genres_original")
    assert opened(tmp_path / named).fingerprint() == opened(genres).fingerprint()


def test_both_forms_give_the_same_clips_labels_and_splits(genres, tmp_path):
    given = own_examples("gtzan", genres.parent, tmp_path)
    assert set(given) == {"train"}, "the builder's own split names"
    folder = opened(genres, valid_fraction=0.2, test_fraction=0.2)
    with fake_tfds(list(given), **as_examples()):
        examples = Gtzan(RATE, LENGTH, valid_fraction=0.2, test_fraction=0.2)
        assert examples.labels == folder.labels and examples.splits == folder.splits == (
            "train",
            "valid",
            "test",
        )
        assert placed(examples) == placed(folder)
        ours, theirs = sounds(folder), sounds(examples)
        assert "gtzan/train/" in examples.sources("train")[0].name
    for key, clip in ours.items():
        np.testing.assert_array_equal(theirs[key], clip)


def test_the_builder_names_files_as_the_rules_expect(tmp_path):
    put_excerpts(tmp_path / "genres", ["jazz.00042"], "wav")
    (example,) = own_examples("gtzan", tmp_path, tmp_path)["train"]
    assert example["audio/filename"] == "jazz.00042.wav" and example["label"] == "jazz"


def test_all_clips_of_a_recording_are_in_one_split(genres):
    dataset = opened(genres, valid_fraction=0.3, test_fraction=0.3)
    splits = {}
    for (excerpt, _), (split, _) in placed(dataset).items():
        assert splits.setdefault(excerpt, split) == split


def test_sizes_of_clips_are_options(genres):
    assert len(placed(opened(genres, max_clips_per_file=2))) == 2 * len(EXCERPTS)
    assert len(placed(opened(genres, length_policy="pad_or_cut"))) == len(EXCERPTS)
    padded = placed(opened(genres, min_seconds=0.04))
    assert len(padded) == 4 * len(EXCERPTS)
    with pytest.raises(UserError, match="shorter than 1 s"):
        opened(genres, min_seconds=1.0).prepare()


def test_damaged_and_strange_files_are_left_out_and_told(genres, tmp_path):
    put_excerpts(tmp_path, ["jazz.00000", "jazz.00001", "pop.00000"], "wav")
    (tmp_path / "jazz" / "jazz.00054.wav").write_bytes(b"\0" * 4096)
    put(tmp_path, "jazz/jazz.00001.au", music("jazz.00001"), FILE_RATE)
    put(tmp_path, "jazz/pop.00007.wav", music("pop.00007"), FILE_RATE)
    put(tmp_path, "jazz/my take.wav", music("pop.00008"), FILE_RATE)
    (tmp_path / "jazz" / "._jazz.00000.wav").write_bytes(b"resource fork")
    dataset = opened(tmp_path)
    dataset.prepare()
    assert set(dataset.left_out) == {
        "jazz/jazz.00001.wav",
        "jazz/jazz.00054.wav",
        "jazz/my take.wav",
        "jazz/pop.00007.wav",
    }
    assert dataset.left_out["jazz/jazz.00001.wav"] == "is the same excerpt as jazz.00001.au"
    assert "jazz.00054.wav" in dataset.report()
    assert {excerpt for excerpt, _ in placed(dataset)} == {"jazz.00000", "jazz.00001", "pop.00000"}


def test_the_known_repetitions_are_as_many_as_were_published():
    excerpts = [excerpt for group in REPETITIONS for excerpt in group]
    assert len(excerpts) == len(set(excerpts))
    # Sturm 2012 counts 50 replicas, one of them in two classes.
    assert sum(len(group) - 1 for group in REPETITIONS) + 1 == 50
    for group in REPETITIONS:
        assert len({excerpt.split(".")[0] for excerpt in group}) == 1 and list(group) == sorted(group)


KNOWN = ["disco.00050", "disco.00051", "disco.00070", "hiphop.00045", "jazz.00000", *IN_TWO_GENRES]


def kept_of(dataset):
    return sorted({excerpt for excerpt, _ in placed(dataset)})


def test_known_repetitions_are_left_out_where_the_first_is_there(tmp_path):
    put_excerpts(tmp_path, KNOWN)
    dataset = opened(tmp_path)
    assert kept_of(dataset) == ["disco.00050", "hiphop.00045", "jazz.00000"]
    assert dataset.left_out["disco/disco.00070.au"] == "is known to be the same as disco.00050"
    assert dataset.left_out["rock/rock.00016.au"].endswith("metal.00058, of another genre")
    (tmp_path / "disco" / "disco.00050.au").unlink()
    (tmp_path / "rock" / "rock.00016.au").unlink()
    assert kept_of(opened(tmp_path)) == ["disco.00051", "hiphop.00045", "jazz.00000", "metal.00058"]
    with fake_tfds(["train"], **as_examples(KNOWN)):
        examples = Gtzan(RATE, LENGTH)
        assert kept_of(examples) == ["disco.00050", "jazz.00000"]
        assert examples.left_out["gtzan/train/hiphop.00045.wav"] == "is known to be the same as hiphop.00039"


def test_kept_repetitions_share_a_split(tmp_path):
    put_excerpts(tmp_path, KNOWN)
    for seed in range(5):
        dataset = opened(tmp_path, duplicates="keep", valid_fraction=0.4, test_fraction=0.3, seed=seed)
        splits = splits_of(dataset)
        assert sorted(splits) == sorted(KNOWN)
        assert splits["disco.00050"] == splits["disco.00051"] == splits["disco.00070"]
        assert splits["rock.00016"] == splits["metal.00058"]


def test_repetitions_are_found_by_content_in_both_forms(tmp_path):
    names = ["pop.00001", "pop.00002", "reggae.00001"]
    put_excerpts(tmp_path, names)
    shutil.copy(tmp_path / "pop" / "pop.00001.au", tmp_path / "reggae" / "reggae.00001.au")
    dataset = opened(tmp_path)
    assert kept_of(dataset) == ["pop.00001", "pop.00002"]
    assert "is the same file as pop/pop.00001.au" in dataset.left_out["reggae/reggae.00001.au"]

    def samples(excerpt):
        return music("pop.00001" if excerpt == "reggae.00001" else excerpt)

    with fake_tfds(["train"], **as_examples(names, samples)):
        examples = Gtzan(RATE, LENGTH)
        assert kept_of(examples) == ["pop.00001", "pop.00002"]
        reason = examples.left_out["gtzan/train/reggae.00001.wav"]
        assert reason == "is the same recording as gtzan/train/pop.00001.wav"
        assert kept_of(Gtzan(RATE, LENGTH, duplicates="keep")) == names


def put_lists(folder, **lines):
    folder.mkdir(exist_ok=True)
    for split in ("train", "valid", "test"):
        (folder / f"{split}_filtered.txt").write_text("\n".join(lines.get(split, [])) + "\n")


LISTED = {
    "train": ["blues/blues.00000.wav", "disco/disco.00070.wav"],
    "valid": ["blues/blues.00001.wav"],
    "test": ["blues/blues.00002.wav"],
}


@pytest.mark.parametrize("place", [".", "genres"])
def test_fault_filtered_splits_are_taken_from_their_lists(tmp_path, place):
    names = ["blues.00000", "blues.00001", "blues.00002", "blues.00003", "disco.00050", "disco.00070"]
    put_excerpts(tmp_path / "genres", names)
    put_lists(tmp_path / place, **LISTED | {"test": [*LISTED["test"], "rock/rock.00099.wav"]})
    dataset = opened(tmp_path, splits="fault_filtered")
    splits = splits_of(dataset)
    # The lists have chosen among repetitions themselves.
    expected = {"blues.00000": "train", "blues.00001": "valid", "blues.00002": "test", "disco.00070": "train"}
    assert splits == expected
    assert dataset.left_out["blues/blues.00003.au"] == "is in none of the fault-filtered lists"
    assert dataset.left_out["rock.00099"] == "does not exist, but test_filtered.txt names it"
    with fake_tfds(["train"], **as_examples(names)):
        examples = Gtzan(RATE, LENGTH, data_dir=str(tmp_path / place), splits="fault_filtered")
        assert splits_of(examples) == expected


def test_given_splits_stay_as_they_are_for_equal_files(tmp_path):
    put_excerpts(tmp_path, ["blues.00000", "blues.00001", "blues.00002"])
    shutil.copy(tmp_path / "blues" / "blues.00000.au", tmp_path / "blues" / "blues.00002.au")
    put_lists(tmp_path, **LISTED)
    dataset = opened(tmp_path, splits="fault_filtered", duplicates="keep")
    assert splits_of(dataset) == {"blues.00000": "train", "blues.00001": "valid", "blues.00002": "test"}
    assert splits_of(opened(tmp_path, splits="fault_filtered")).keys() == {"blues.00000", "blues.00001"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"train": ["   1"]}, "expected lines as jazz/jazz.00042.wav. Received: '1'"),
        ({"train": ["polka/polka.00001.wav"]}, "Received: 'polka/polka.00001.wav'"),
        ({"train": ["jazz/jazz.00001.wav"], "test": ["jazz/jazz.00001.au"]}, "is also in train_filtered.txt"),
    ],
)
def test_a_wrong_list_is_refused(genres, tmp_path, lines, message):
    shutil.copytree(genres, tmp_path / "genres")
    put_lists(tmp_path, **lines)
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        opened(tmp_path, splits="fault_filtered")


def test_missing_lists_are_asked_for(genres):
    with pytest.raises(UserError, match="needs the three lists train_filtered.txt, .*gtzan"):
        opened(genres, splits="fault_filtered")
    with pytest.raises(UserError, match="in the folder that --gtzan.data_dir names"):
        Gtzan(RATE, LENGTH, splits="fault_filtered")


@pytest.mark.parametrize("download", [False, True])
def test_it_is_never_fetched_and_says_how_to_get_it(tmp_path, monkeypatch, download):
    with (
        nothing_is_fetched(monkeypatch),
        pytest.raises(UserError, match="gtzan is not in .*1.2 GB.*gtzan.folder="),
    ):
        Gtzan(RATE, LENGTH, 1, download, data_dir=str(tmp_path))


def test_wrong_folders_are_refused(genres, tmp_path):
    for name, message in (
        ("nowhere", "does not exist"),
        ("", "does not hold it. Expected one folder a genre"),
    ):
        with pytest.raises(UserError, match=message):
            opened(tmp_path / name)
    shutil.copytree(genres, tmp_path / "genres")
    put(tmp_path, "genres/hip-hop/hip-hop.00001.wav", music("pop.00001"), FILE_RATE)
    with pytest.raises(UserError, match=r"'hip-hop' is no genre of GTZAN, .*Did you mean hiphop\?"):
        opened(tmp_path)
    (tmp_path / "pictures" / "blues").mkdir(parents=True)
    with pytest.raises(UserError, match="holds no recording of GTZAN"):
        opened(tmp_path / "pictures")


def test_one_genre_left_is_refused_with_its_name(tmp_path):
    put_excerpts(tmp_path, ["jazz.00000", "jazz.00001"])
    with pytest.raises(UserError, match="only the class 'jazz'"):
        Labels(opened(tmp_path, valid_fraction=0.0, test_fraction=0.0))


def test_it_can_be_sent_to_another_process_and_kept_in_stereo(genres):
    dataset = pickle.loads(pickle.dumps(opened(genres)))
    assert dataset.fingerprint() == opened(genres).fingerprint()
    stereo = Gtzan(RATE, LENGTH, 2, folder=str(genres))
    (clip,) = stereo.clips("train", [0]).as_numpy_iterator()
    assert clip.shape == (LENGTH, 2)
    np.testing.assert_array_equal(clip[:, 0], clip[:, 1])
