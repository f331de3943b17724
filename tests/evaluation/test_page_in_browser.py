"""The page in a real browser: it draws at every width, its players load, nothing is asked of a network."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from gansynth_tf.evaluation.page import write_page
from scripts.chromium import Chromium, find_chromium
from tests.evaluation.sample_page import sample_data

TELEPHONE, DESK = 390, 1280
# Of every element that sticks out at a side, its tag, unless it lies in a region that scrolls by itself.
STICKING_OUT = """[...document.body.querySelectorAll("*")].filter(one =>
    !one.closest(".scroll, svg, details:not([open])") && one.getBoundingClientRect().right > innerWidth + 0.5
).map(one => one.tagName + "." + one.className)"""
# What a click on a player's button does before it sounds; resolves to the seconds of each, or to what went wrong.
LOADED = """Promise.all([...document.querySelectorAll("audio")].map(player => new Promise(resolve => {
    player.oncanplaythrough = () => resolve(player.readyState >= 2 ? player.duration : "not ready");
    player.onerror = () => resolve(player.error.message);
    player.preload = "auto";
    player.load();
})))"""


@pytest.fixture(scope="module")
def browser():
    binary = find_chromium()
    if not binary:
        pytest.skip("needs Chromium, which is not installed here (Debian: apt-get install chromium)")
    with Chromium(binary) as browser:
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a page #1")
    return write_page(folder, sample_data(folder)).as_uri()


@pytest.mark.parametrize("width", [TELEPHONE, DESK])
def test_the_page_fits_its_window(browser, page, width):
    browser.open(page, width)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate(STICKING_OUT) == []
    # Also when all that is folded away is unfolded.
    browser.evaluate('document.querySelectorAll("details").forEach(one => one.open = true)')
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate(STICKING_OUT) == []


@pytest.mark.parametrize("width", [TELEPHONE, DESK])
def test_no_text_is_squeezed(browser, page, width):
    browser.open(page, width)
    browser.evaluate('document.querySelectorAll("details").forEach(one => one.open = true)')
    # Words that break in a narrow column: more than three lines, and higher than wide. A cell is as high as its row.
    squeezed = browser.evaluate(
        '[...document.querySelectorAll("caption, p, li, th, td, h1, h2, h3, h4, figcaption")].filter(one => {'
        "const words = document.createRange(); words.selectNodeContents(one);"
        "const box = words.getBoundingClientRect(); return box.height > 100 && box.width < 60"
        "}).map(one => one.tagName + one.textContent.slice(0, 30))"
    )
    assert squeezed == []


@pytest.mark.parametrize("width", [TELEPHONE, DESK])
def test_charts_are_drawn_and_their_text_can_be_read(browser, page, width):
    browser.open(page, width)
    sizes = browser.evaluate(
        '[...document.querySelectorAll("svg.chart[role=img]")].map(one => one.getBoundingClientRect()).map('
        "box => [box.width, box.height])"
    )
    assert len(sizes) >= 10 and min(min(size) for size in sizes) > 50
    # Text of 12 pixels in a chart that is drawn at `width / 360` of its size.
    assert min(size[0] for size in sizes) * 12 / 360 >= 10.5
    outside = browser.evaluate(
        '[...document.querySelectorAll("svg.chart text")].filter(one => { const box = one.getBoundingClientRect(), '
        "all = one.ownerSVGElement.getBoundingClientRect(); return box.left < all.left - 1 || box.right > all.right + 1"
        " || box.bottom > all.bottom + 1 || box.top < all.top - 1 }).map(one => one.textContent)"
    )
    assert outside == []


def test_players_load_and_only_files_of_the_page_are_asked_for(browser, page):
    browser.open(page, DESK)
    seconds = browser.evaluate(LOADED)
    assert len(seconds) > 40 and seconds == pytest.approx([1.0] * len(seconds))
    folder = page.removesuffix("index.html")
    assert all(address.startswith((folder, "data:")) for address in browser.requests())
    assert sum(address.endswith(".wav") for address in browser.requests()) >= 6
    assert browser.complaints() == []


def test_sounds_are_not_loaded_before_they_are_played(browser, page):
    browser.open(page, DESK)
    assert not [address for address in browser.requests() if address.endswith(".wav")]


def test_pictures_are_drawn(browser, page):
    browser.open(page, DESK)
    browser.evaluate('document.querySelectorAll("details").forEach(one => one.open = true)')
    drawn = browser.evaluate(
        'Promise.all([...document.images].map(one => { one.loading = "eager"; return one.decode().then('
        "() => [one.naturalWidth, one.naturalHeight], error => one.src) }))"
    )
    assert len(drawn) > 40 and all(size == [360, 240] for size in drawn)


def test_names_of_classes_stay_text(browser, page):
    browser.open(page, DESK)
    assert browser.evaluate("document.scripts.length") == 1
    assert browser.evaluate('document.querySelectorAll("[onerror]").length') == 0
    assert browser.evaluate("document.body.innerText").count("<script>alert('x')</script>") >= 1


def test_one_player_stops_another(browser, page):
    browser.open(page, DESK)
    playing = browser.evaluate(
        '(async () => { const [first, second] = document.querySelectorAll("audio"); first.loop = second.loop = true; '
        "await first.play(); await second.play(); return [first.paused, second.paused] })()"
    )
    assert playing == [True, False]


def test_a_dark_screen_gets_a_dark_page(browser, page):
    lightness = []
    for is_dark in (False, True):
        browser.dark(is_dark)
        browser.open(page, TELEPHONE)
        pixels = imread(io.BytesIO(browser.screenshot()))
        assert pixels.shape[:2] == (900, TELEPHONE)
        lightness.append(np.median(pixels[..., :3]))
    browser.dark(False)
    assert lightness[0] > 0.9 and lightness[1] < 0.2


def test_a_browser_that_goes_away_is_an_error(browser):
    with pytest.raises(OSError, match="cannot be opened: net::ERR_FILE_NOT_FOUND"):
        browser.open("file:///nothing/here.html")
