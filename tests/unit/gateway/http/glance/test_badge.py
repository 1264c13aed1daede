"""The counts as an image."""

import re
from xml.etree import ElementTree as ET

import pytest

from agent_status_gateway.http.glance.badge import COLOURS, NAME_COLOUR, QUIET, WHITE, badge, unavailable_badge, width
from agent_status_gateway.state.views.tally import Tally
from chaos.workers.reports import session
from tests.support.builders.tallies import tally_of

SVG = "{http://www.w3.org/2000/svg}"
IDLE = Tally("0", "idle", 0, 0, 0, [])
WORKING = Tally("1", "active", 0, 0, 4, [])
WAITING = Tally("2", "active", 2, 0, 4, [])
IN_ERROR = Tally("3", "degraded", 2, 1, 4, [])
MANY = Tally("4", "degraded", 12_345, 67_890, 111_111, [])
TALLIES = [IDLE, WORKING, WAITING, IN_ERROR, MANY]
GOLDEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="115" height="20" viewBox="0 0 115 20" role="img">'
    "<title>agents: 2 waiting for user</title>"
    '<rect width="115" height="20" rx="3" fill="#3d444d"/>'
    '<path d="M51 0h61a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-61z" fill="#9a5700"/>'
    '<g fill="#ffffff" font-family="Verdana,\'DejaVu Sans\',Geneva,sans-serif" font-size="11">'
    '<text x="6" y="14" textLength="39">agents</text><text x="57" y="14" textLength="52">2 waiting</text></g></svg>\n'
)


def drawn(svg: str) -> tuple[str, str, str]:
    """The text, the title and the colour of a badge."""
    root = ET.fromstring(svg)
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert texts[0] == "agents"
    (path,) = root.iter(f"{SVG}path")
    return texts[1], root.findtext(f"{SVG}title") or "", path.attrib["fill"]


# badge: Rule 2
@pytest.mark.parametrize(
    ("tally", "is_stale", "expected"),
    [
        (IDLE, False, ("idle", "agents: no sessions", COLOURS["idle"])),
        (WORKING, False, ("4 working", "agents: 4 working", COLOURS["active"])),
        (
            WAITING,
            False,
            ("2 waiting · 4 working", "agents: 2 waiting for user, 4 working", COLOURS["waiting"]),
        ),
        (
            IN_ERROR,
            False,
            (
                "2 waiting · 1 in error · 4 working",
                "agents: 2 waiting for user, 1 in error, 4 working",
                COLOURS["error"],
            ),
        ),
        (IDLE, True, ("stale · idle", "agents: stale, no sessions", COLOURS["stale"])),
        (
            IN_ERROR,
            True,
            (
                "stale · 2 waiting · 1 in error · 4 working",
                "agents: stale, 2 waiting for user, 1 in error, 4 working",
                COLOURS["stale"],
            ),
        ),
    ],
)
def test_a_badge_says_the_counts_and_whether_they_are_stale(
    tally: Tally, is_stale: bool, expected: tuple[str, str, str]
) -> None:
    assert drawn(badge(tally, is_stale=is_stale)) == expected


def test_a_badge_is_these_bytes() -> None:
    assert badge(Tally("0", "active", 2, 0, 0, []), is_stale=False) == GOLDEN


def test_without_a_snapshot_the_badge_says_so() -> None:
    assert drawn(unavailable_badge()) == ("unavailable", "agents: unavailable", QUIET)


@pytest.mark.parametrize("tally", TALLIES)
def test_the_texts_lie_inside_the_badge_and_beside_each_other(tally: Tally) -> None:
    root = ET.fromstring(badge(tally, is_stale=True))
    whole = int(root.attrib["width"])
    assert root.attrib["viewBox"] == f"0 0 {whole} {root.attrib['height']}"
    (name, message) = [(int(text.attrib["x"]), int(text.attrib["textLength"])) for text in root.iter(f"{SVG}text")]
    (path,) = root.iter(f"{SVG}path")
    side = int((re.match(r"M(\d+) 0h", path.attrib["d"]) or [""])[1])
    assert 0 < name[0] < name[0] + name[1] < side < message[0] < message[0] + message[1] < whole


def test_a_width_grows_with_the_text() -> None:
    assert width("") == 0
    assert width("iii") < width("nnn") < width("mmm")
    assert width("10 working") > width("1 working")


# badge: Rule 1
@pytest.mark.parametrize("tally", TALLIES)
def test_a_badge_asks_for_nothing_and_runs_nothing(tally: Tally) -> None:
    svg = badge(tally, is_stale=False)
    assert set(re.findall(r"<(\w+)", svg)) == {"svg", "title", "rect", "path", "g", "text"}
    assert not re.search(r"href|url\(|style|class=|\bon\w+=|@import|xlink|<!|<\?", svg)
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


# badge: Rule 2
@pytest.mark.parametrize("colour", [NAME_COLOUR, *COLOURS.values()])
def test_texts_stand_out_from_what_is_behind_them(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5
    assert luminance(WHITE) == pytest.approx(1.0)


# badge: Rule 3
def test_nothing_from_an_agent_is_in_a_badge() -> None:
    evil = "</title><script>alert(1)</script>&\x00"
    hostile = tally_of(session("evil:&<", "error", title=evil, error=evil, tool=evil))
    assert badge(hostile, is_stale=False) == badge(tally_of(session("web:1", "error")), is_stale=False)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
