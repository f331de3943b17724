"""The page of an evaluation, read without a browser."""

import json
import math
import re

import numpy as np
import pytest

from gansynth_tf.evaluation.page import charts, plot, sections, style, write_page, write_page_again
from gansynth_tf.evaluation.page.document import Section, document
from gansynth_tf.evaluation.page.estimates import Estimate, number, shortened_count, written
from gansynth_tf.evaluation.page.heatmap import DARKEST_NUMBERED, heatmap
from gansynth_tf.evaluation.page.markup import Markup, element, joined
from gansynth_tf.evaluation.page.metric_texts import metric_meaning, metric_title
from gansynth_tf.evaluation.page.results import Results
from gansynth_tf.evaluation.suite.directions import DIRECTIONS
from tests.evaluation.page_checks import Page, faults
from tests.evaluation.sample_page import ODD_CLASSES, STEPS, sample_data, sample_rows

PARTS = (
    "warnings",
    "facts",
    "rows",
    "published",
    "confusions",
    "per_class",
    "bins",
    "neighbours",
    "examples",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def data(folder):
    return sample_data(folder)


@pytest.fixture(scope="module")
def page(folder, data):
    return Page(write_page(folder, data))


def texts_of(page, tag):
    return [attributes.get("aria-label", "") for attributes in page.of(tag)]


def test_text_is_escaped_and_markup_is_not():
    tag = element("b", {"title": 'a"<b>', "hidden": True, "id": None}, "<i>", Markup("<u></u>"), ["&", 2])
    assert tag == '<b title="a&quot;&lt;b&gt;" hidden>&lt;i&gt;<u></u>&amp;2</b>'
    assert element("br") == "<br>"


def test_characters_that_a_page_cannot_hold_or_would_hide_are_shown_by_their_code():
    assert joined("a\x00b\udcff\u202ec") == r"a\x00b\udcff\u202ec"
    assert joined("鋼琴 música 👩\u200d🎤\u00a0x") == "鋼琴 música 👩\u200d🎤\u00a0x"


def test_numbers_are_written_in_four_digits():
    texts = [written(value) for value in (0.0, 12.34567, -0.5, 12345.6, 2.5e-5, 4.2e9, math.nan)]
    assert texts == ["0", "12.35", "−0.5", "12,346", "2.5e−05", "4.2e+09", "–"]
    assert [shortened_count(count) for count in (0, 800, 25_000, 1_250_000)] == ["0", "800", "25k", "1.25M"]


def test_names_are_as_long_as_their_room():
    assert plot.fitted("a" * 10, 100.0) == "a" * 10
    assert plot.fitted("a" * 10 + "b" * 10, 85.0) == "aaaaaa…bbbb"
    # Letters of East Asia take twice the room, and a code as many places as it has characters.
    assert len(plot.fitted("鋼" * 30, 85.0)) < 7 and plot.text_width("鋼") == 2 * plot.text_width("a")
    assert plot.fitted("\x00", 85.0) == r"\x00"


def test_cells_of_a_csv_and_of_json_are_the_same_numbers():
    assert [number(cell) for cell in ("1.5", 1.5, 2)] == [1.5, 1.5, 2.0]
    assert all(math.isnan(number(cell)) for cell in ("", None, "nan", "inf", "many", True))
    assert Estimate.of({"value": "2", "ci_low": "1", "ci_high": "4"}) == Estimate(2.0, 1.0, 4.0)
    assert str(Estimate(2.0, 1.0, 4.0)) == "2 (1 to 4)" and not Estimate(2.0, 1.0).has_interval


def test_ticks_are_round_and_lie_in_between():
    assert plot.ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert plot.ticks(-3.0, 17.0) == [0.0, 5.0, 10.0, 15.0]
    assert plot.ticks(2.0, 2.0) == [2.0]
    assert plot.log_ticks(3.0, 2000.0) == [10.0, 100.0, 1000.0]
    assert plot.log_ticks(0.9, 60.0) == [1.0, 3.0, 10.0, 30.0]


def test_places_of_a_plot():
    area = plot.Plot((0.0, 10.0), (0.0, 4.0), height=200, left=40, bottom=30)
    assert (area.x(0.0), area.x(10.0)) == (40.0, 350.0)
    # Up the page is smaller: the highest value is at the top.
    assert (area.y(0.0), area.y(4.0), area.y(2.0)) == (170.0, 8.0, 89.0)
    area = plot.Plot((0.0, 1.0), (1.0, 100.0), height=200, bottom=30, is_log=True)
    assert area.y(10.0) == 89.0


def test_an_axis_is_logarithmic_where_values_span_much():
    assert plot.span([1.0, 100.0], may_be_log=True) == ((1 / 1.15, 100 * 1.15), True)
    assert plot.span([1.0, 100.0]) == ((0.0, pytest.approx(105.94)), False)
    assert plot.span([0.0, 100.0]) == ((0.0, 106.0), False)
    assert plot.span([2.0, 4.0], with_zero=True) == ((0.0, 4.24), False)
    assert plot.span([-4.0, -2.0], with_zero=True) == ((-4.24, 0.0), False)


def test_a_curve_is_interrupted_where_a_checkpoint_has_no_number():
    points = [(0, Estimate(1.0)), (1, Estimate(math.nan)), (2, Estimate(3.0)), (3, Estimate(2.0))]
    chart = charts.curve(points, Estimate(math.nan), 3, "a curve")
    assert chart.count("<circle") == 3 and chart.count("<polyline") == 2
    assert chart.count('class="best"') == 1 and 'class="floor"' not in chart


def test_a_bar_is_as_long_as_its_number():
    chart = charts.bars([("a", Estimate(1.0)), ("b", Estimate(0.5)), ("c", Estimate(math.nan))], "bars", {})
    widths = [float(piece.split('width="')[1].split('"')[0]) for piece in chart.split("<rect")[1:]]
    assert len(widths) == 2 and widths[0] == pytest.approx(2 * widths[1], abs=0.02)


@pytest.mark.parametrize("draw", [charts.bars, charts.columns])
def test_real_clips_have_a_mark_at_their_number(draw):
    values = [("a", Estimate(1.0)), ("b", Estimate(0.5))]
    chart = draw(values, "classes", {"a": Estimate(0.5), "b": Estimate(1.0), "other": Estimate(9.0)})
    axis = "x1" if draw is charts.bars else "y1"
    places = [
        float(piece.split(f'{axis}="')[1].split('"')[0])
        for piece in chart.split("<line")[1:]
        if 'class="real"' in piece
    ]
    bars = [piece for piece in chart.split("<rect")[1:]]
    start, size = ("x", "width") if draw is charts.bars else ("y", "height")
    ends = []
    for piece in bars:
        first, length = (float(piece.split(f' {name}="')[1].split('"')[0]) for name in (start, size))
        ends.append(first + length if draw is charts.bars else first)
    # The mark of each is at the end of the other's bar.
    assert places == pytest.approx(ends[::-1], abs=0.02)


def test_bars_may_lie_below_zero():
    chart = charts.bars([("a", Estimate(1.0)), ("b", Estimate(-1.0))], "bars", {})
    starts = [float(piece.split('x="')[1].split('"')[0]) for piece in chart.split("<rect")[1:]]
    widths = [float(piece.split('width="')[1].split('"')[0]) for piece in chart.split("<rect")[1:]]
    assert starts[1] + widths[1] == pytest.approx(starts[0], abs=0.02) and widths[0] == widths[1]


def test_a_matrix_is_darkest_where_a_row_has_all_its_clips():
    picture = heatmap(["a", "b"], [[4, 0], [1, 1]], "matrix")
    paths = {piece.split('fill-opacity="')[1].split('"')[0]: piece for piece in picture.split("<path")[1:]}
    # Half of what the colour could be: the numbers are read on it.
    assert set(paths) == {"0.5", "0.25"}
    # One cell at the upper left; two in the lower row, of which the left one is below the dark one.
    places = {shade: [move.split("h")[0] for move in piece.split("M")[1:]] for shade, piece in paths.items()}
    (dark,), (left, right) = places["0.5"], places["0.25"]
    (dark_x, dark_y), (left_x, left_y), (right_x, right_y) = (one.split(" ") for one in (dark, left, right))
    assert dark_x == left_x and float(right_x) > float(left_x)
    assert left_y == right_y and float(left_y) > float(dark_y)


def test_the_classes_that_are_confused_most_often_come_first(tmp_path):
    counts = [[5, 1, 0], [3, 4, 0], [0, 2, 6]]
    page = Page(
        write_page(tmp_path, {"confusions": {"genre": {"classes": ["a", "b", "c"], "counts": counts}}})
    )
    rows = re.findall(r'<th scope="row">(.)</th><td>(.)</td><td>([^<]*)</td>', page.source)
    assert rows == [("b", "a", "3 of 7"), ("c", "b", "2 of 8"), ("a", "b", "1 of 6")]
    assert "71.4 % of 21 clips heard as asked" in page.text


def test_many_classes_are_a_small_picture():
    counts = np.random.default_rng(0).integers(0, 3, (128, 128)).tolist()
    assert len(heatmap([str(pitch) for pitch in range(128)], counts, "pitch")) < 400_000


def test_the_page_has_no_faults(page, folder):
    assert faults(folder / "index.html") == []


def test_faults_are_found(folder, page, tmp_path):
    (tmp_path / "media").mkdir()
    broken = page.source
    for good, bad in (
        ('src="media/', 'src="https://example.org/'),
        ("</h1>", '</h1><div id="metrics">'),
        (' preload="none"', ' preload="auto"'),
        (' alt="', ' title="'),
        ('<th scope="row"', "<td"),
        ("<caption>", "<p>"),
    ):
        assert good in broken
        (tmp_path / "index.html").write_text(broken.replace(good, bad, 1), encoding="utf-8")
        assert faults(tmp_path / "index.html"), f"{bad} was not found"


def test_names_of_classes_are_text_everywhere(page):
    for name in ODD_CLASSES[:4]:
        assert name in page.text
    assert len(page.of("script")) == 1 and r"\u202ereversed\x00" in page.text


def test_warnings_come_before_every_number(page, data):
    for warning in data["warnings"]:
        assert page.text.index(warning) < page.text.index("What was evaluated")


def test_the_newest_checkpoint_is_shown_beside_real_clips(page):
    assert "Numbers after 200,000 images" in page.text
    results = Results(sample_rows())
    (row,) = [row for row in results.shown() if row["metric"] == "frechet_distance"]
    assert row["step"] == 200_000
    assert results.floor(row) == Estimate(4.2, pytest.approx(3.864), pytest.approx(4.536))
    older = Results(sample_rows(), STEPS[1])
    assert {row["step"] for row in older.shown()} == {STEPS[1]}


def test_a_metric_that_cannot_be_computed_says_why(page):
    assert "not computed" in page.text and "fewer than 1,000 clips" in page.text


def test_published_numbers_of_another_protocol_are_marked(page):
    start = page.source.index('<section id="published"')
    section = page.source[start : page.source.index("</section>", start)]
    assert section.count('class="foreign"') == 9
    assert "5.1±0.2</td>" in section
    assert section.count("first batch only, perhaps (Engel et al. 2019, table 1)") == 1


def test_charts_tell_in_words_what_they_show(page):
    labels = texts_of(page, "svg")
    (label,) = [text for text in labels if text.startswith("Fréchet distance over")]
    assert label == (
        "Fréchet distance over 5 checkpoints. lower is better · best 36.14 (33.25 to 39.03) after 200k images · "
        "real clips 4.2, sets of this size 3.864 to 4.536."
    )
    assert any(text.startswith("Confusion matrix of genre, 6 classes:") for text in labels)


def test_the_best_of_a_metric_that_should_be_near_real_clips_is_the_nearest():
    rows = [
        {"kind": "model", "metric": "density", "step": step, "value": value}
        for step, value in ((1, 0.5), (2, 1.1), (3, 3.0))
    ]
    rows.append({"kind": "floor", "metric": "density", "value": 1.0})
    section = sections.curves({}, Results(rows), None)
    assert "best 1.1 after 2 images" in section.body


def test_bins_are_counted_and_the_largest_comes_first(page, data):
    bins = data["bins"]
    assert f"{sum(bins['different'])} of 50 bins differ" in page.text
    start = page.source.index('<section id="bins"')
    cells = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td>', page.source[start:])[
        :50
    ]
    order = sorted(range(50), key=lambda place: -bins["train"][place])
    for (name, expected, found), place in zip(cells, order, strict=True):
        assert expected == f"{100 * bins['train'][place] / sum(bins['train']):.2f} %"
        assert found == f"{100 * bins['model'][place] / sum(bins['model']):.2f} %"
        assert name.endswith("(differs)") == bins["different"][place]


def test_the_nearest_pair_comes_first(page):
    start = page.source.index('<section id="neighbours"')
    places = [page.source.index(f"distance {distance}<", start) for distance in (4, 5, 6, 7, 8, 9, "–")]
    assert places == sorted(places)


def test_a_sound_that_is_gone_is_named(page):
    assert "media/gone.wav is not here." in page.text


@pytest.mark.parametrize("missing", PARTS)
def test_any_part_may_be_missing(missing, data, folder):
    path = write_page(folder, {name: part for name, part in data.items() if name != missing})
    assert faults(path) == []


@pytest.mark.parametrize("part", PARTS)
def test_any_part_may_be_alone(part, data, folder):
    assert faults(write_page(folder, {part: data[part]})) == []


def test_a_page_of_nothing_is_a_page(tmp_path):
    assert faults(write_page(tmp_path, {})) == []


def test_a_folder_of_sounds_has_no_checkpoints(tmp_path):
    rows = [{"kind": "model", "metric": "recall", "step": None, "value": 0.5, "run": "wavs"}]
    page = Page(write_page(tmp_path, {"rows": rows}))
    assert "Numbers" in page.text and "0.5" in page.text and "Over checkpoints" not in page.text


def test_classes_with_and_without_numbers_are_drawn(tmp_path):
    classes = {"recall": {"genre=a": None, "genre=b": 0.25, "pitch=60": 0.5}, "x": {"plain": None}}
    page = Page(write_page(tmp_path, {"per_class": classes}))
    labels = texts_of(page, "svg")
    assert "Recall, genre, 2 classes. Lowest b, 0.25; highest b, 0.25." in labels
    assert "X, 1 classes." in labels and len([text for text in labels if text]) == 3


def test_the_page_is_written_anew_from_its_data(tmp_path):
    data = sample_data(tmp_path)
    first = write_page(tmp_path, data).read_bytes()
    (tmp_path / "page_data.json").write_text(json.dumps(data), encoding="utf-8")
    (tmp_path / "index.html").unlink()
    assert write_page_again(tmp_path).read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "media", "page_data.json"]


@pytest.mark.parametrize(
    ("part", "match"),
    [
        ({"warning": ["a"]}, "Received: warning"),
        ({"warnings": "one text"}, "`warnings` to be a sequence. Received: str"),
        (
            {"confusions": {"g": {"classes": ["a"], "counts": [[1, 2]]}}},
            "as many rows and columns as classes",
        ),
        ({"bins": {"train": [1], "model": [1], "different": []}}, "different 0"),
        ({"examples": [{"class": "a", "best": [{"wav": "../a.wav"}]}]}, "inside the page's folder"),
        ({"examples": [{"class": "a", "best": [{"wav": "/a.wav"}]}]}, "Received: '/a.wav'"),
    ],
)
def test_malformed_data_are_refused(part, match, tmp_path):
    with pytest.raises(ValueError, match=match):
        write_page(tmp_path, part)
    assert not list(tmp_path.iterdir())


def test_two_sections_of_one_name_are_refused():
    section = Section("a", "A", Markup(""))
    with pytest.raises(ValueError, match="a name of its own"):
        document("title", [], None, [section, section])


def test_what_all_rows_say_is_said_once():
    cells = {"kind": "model", "features": "", "splits": "", "step": "", "value": 1.0}
    rows = [
        cells | {"metric": "recall", "status": "few clips"},
        cells | {"metric": "density", "status": "odd; few clips"},
        cells | {"metric": "real_time_factor", "kind": "timing", "status": ""},
    ]
    results = Results(rows)
    assert [results.remark(row) for row in rows] == ["", "odd", ""]
    alone = rows[1] | {"status": "odd"}
    assert Results([*rows, alone]).remark(rows[1]) == "odd; few clips"


def test_every_metric_of_the_suite_is_explained():
    assert [key for key in DIRECTIONS if not metric_meaning(key)] == []
    assert metric_title("accuracy/my_label") == "Accuracy: my_label"
    assert metric_title("accuracy/pitch/within_semitone") == "Accuracy: pitch, a semitone off is right"
    assert metric_title("what_else") == "What else" and metric_meaning("what_else") == ""


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(palette):
    def contrast(front, behind):
        dark, light = sorted(luminance(palette[name]) for name in (front, behind))
        return (light + 0.05) / (dark + 0.05)

    assert contrast("text", "text") == 1.0
    for front in ("text", "muted", "real", "link"):
        assert min(contrast(front, behind) for behind in ("page", "card")) >= 4.5
    assert contrast("on-warning", "warning") >= 4.5
    channels = (
        [int(palette[name][place : place + 2], 16) for place in (1, 3, 5)] for name in ("model", "card")
    )
    share = DARKEST_NUMBERED
    cell = [round(share * model + (1 - share) * card) for model, card in zip(*channels, strict=True)]
    palette = palette | {"cell": "#" + "".join(f"{channel:02x}" for channel in cell)}
    assert contrast("text", "cell") >= 4.5
    for mark in ("model", "real", "differs"):
        assert min(contrast(mark, behind) for behind in ("page", "card")) >= 3.0
