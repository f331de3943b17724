"""Labels: chosen, merged, renamed, dropped, one-hot."""

import numpy as np
import pytest

from gansynth_tf.data import labels as labels_module
from gansynth_tf.data.labels import Labels, ordered_classes
from gansynth_tf.options import UserError


class Music:
    """Two labels; clips 0 to 5 are trained on."""

    labels = {"genre": ("hip-hop", "jazz", "rap", "rock"), "pitch": ("9", "24", "60")}

    def rows(self, split):
        train = [[0, 0], [1, 1], [2, 0], [3, 1], [-1, 1], [1, -1]]
        return np.array(train if split == "train" else [[3, 2], [1, 0]], np.int32)


def test_the_first_label_is_chosen_unless_others_are():
    assert Labels(Music()).classes == {"genre": ("hip-hop", "jazz", "rap", "rock")}
    assert list(Labels(Music(), ("pitch", "genre")).classes) == ["pitch", "genre"]
    assert Labels(Music(), None).classes == {}


def test_rows_are_in_the_order_of_the_chosen_labels():
    labels = Labels(Music(), ("pitch", "genre"))
    np.testing.assert_array_equal(labels.rows("train"), [[0, 0], [1, 1], [0, 2], [1, 3], [1, -1], [-1, 1]])
    assert labels.rows("train").dtype == np.int32
    assert labels.class_counts == (2, 4)
    assert Labels(Music(), None).rows("train").shape == (6, 0)


def test_a_class_without_training_clips_is_left_out():
    labels = Labels(Music(), ("pitch",))
    assert labels.classes == {"pitch": ("9", "24")}
    np.testing.assert_array_equal(labels.rows("test"), [[-1], [0]])
    assert "left out, having no training clip: 60." in labels.report()


def test_a_class_is_renamed():
    labels = Labels(Music(), (), ["genre:rock=metal"])
    assert labels.classes == {"genre": ("hip-hop", "jazz", "rap", "metal")}
    np.testing.assert_array_equal(labels.rows("train")[:, 0], [0, 1, 2, 3, -1, 1])


def test_classes_are_merged():
    labels = Labels(Music(), (), ["genre:hip-hop=rap", "genre:rock=jazz"])
    assert labels.classes == {"genre": ("rap", "jazz")}
    np.testing.assert_array_equal(labels.rows("train")[:, 0], [0, 1, 0, 1, -1, 1])


def test_two_classes_change_places():
    labels = Labels(Music(), (), ["genre:jazz=rock", "genre:rock=jazz"])
    assert labels.classes == {"genre": ("hip-hop", "rock", "rap", "jazz")}
    np.testing.assert_array_equal(labels.rows("train")[:, 0], [0, 1, 2, 3, -1, 1])


def test_a_dropped_class_takes_its_clips_along():
    labels = Labels(Music(), ("pitch",), ["genre:jazz="])
    np.testing.assert_array_equal(labels.clips("train"), [0, 2, 3, 4])
    np.testing.assert_array_equal(labels.rows("train")[:, 0], [0, 0, 1, 1])
    assert "2 of 6 training clips are dropped" in labels.report()
    assert labels.clips("test").tolist() == [0]


def test_renamed_numbers_stay_in_their_order():
    labels = Labels(Music(), ("pitch",), ["pitch:9=100"])
    assert labels.classes == {"pitch": ("24", "100")}
    np.testing.assert_array_equal(labels.rows("train")[:, 0], [1, 0, 1, 0, 0, -1])


def test_a_class_name_may_hold_an_equals_sign():
    class Odd(Music):
        labels = {"genre": ("a=b", "a", "c", "d"), "pitch": ("1", "2", "3")}

    assert Labels(Odd(), (), ["genre:a=b=x"]).classes["genre"] == ("a=b", "b=x", "c", "d")
    assert Labels(Odd(), (), ["genre:c=x"]).classes["genre"] == ("a=b", "a", "x", "d")


@pytest.mark.parametrize(
    ("names", "label_map", "message"),
    [
        (("gener",), (), "no label 'gener'; the dataset has genre, pitch. Did you mean genre?"),
        (("genre", "genre"), (), "names 'genre' twice"),
        ((), ("rock=metal",), "takes entries label:class=new class"),
        ((), ("genre:rock",), "takes entries label:class=new class"),
        ((), ("genres:rock=metal",), "Did you mean genre?"),
        ((), ("genre:Rok=metal",), "no class 'Rok', but hip-hop, jazz, rap, rock. Did you mean rock?"),
        ((), ("genre:rock=metal", "genre:rock=jazz"), "changes genre:rock twice"),
        ((), ("genre:hip-hop=", "genre:jazz=", "genre:rock="), "only the class 'rap'"),
        (("pitch",), ("pitch:9=24",), "only the class '24'"),
        (("pitch",), tuple(f"genre:{name}=" for name in Music.labels["genre"]), "only the class '24'"),
    ],
)
def test_a_mistake_is_named(names, label_map, message):
    with pytest.raises(UserError) as caught:
        Labels(Music(), names, label_map)
    assert message in str(caught.value)


def test_dropping_every_clip_is_refused():
    class Full(Music):
        def rows(self, split):
            return super().rows(split)[:4]

    with pytest.raises(UserError, match="No training clip is left"):
        Labels(Full(), None, [f"genre:{name}=" for name in Music.labels["genre"]])


def test_numbers_are_ordered_as_numbers():
    assert ordered_classes(["100", "24", "9", "24"]) == ("9", "24", "100")
    assert ordered_classes(["10", "9", "a"]) == ("10", "9", "a")
    assert ordered_classes(["-1", "0.5"]) == ("-1", "0.5")
    assert ordered_classes([]) == ()


def test_many_names_are_cut_short():
    assert labels_module.listed([str(i) for i in range(14)]).endswith("11 and 2 more")
