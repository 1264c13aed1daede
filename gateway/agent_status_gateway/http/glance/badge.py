"""Pure: the counts as an image, for READMEs and wikis.

Rule 1. The image needs nothing else: no script, no style, no font and no request. So it is shown under any policy.
Rule 2. What it shows is said in words as well. Colours only repeat it, each with a contrast of at least 4.5 to its text
        (WCAG 2, success criterion 1.4.3).
Rule 3. There is nothing in it that an agent could choose, and nothing that changes while the counts stay.
"""

from typing import Final
from xml.sax.saxutils import escape

from agent_status_gateway.http.glance.headline import counted
from agent_status_gateway.state.views.tally import Tally

NAME: Final = "agents"
UNAVAILABLE: Final = "unavailable"
WHITE: Final = "#ffffff"
NAME_COLOUR: Final = "#3d444d"
QUIET: Final = "#59636e"
COLOURS: Final = {"idle": QUIET, "active": "#1a7f37", "waiting": "#9a5700", "error": "#c1212d", "stale": QUIET}
"""The colour behind the counts, by what is most urgent in them."""
HEIGHT: Final = 20
MARGIN: Final = 6
CORNER: Final = 3
FONT_PIXELS: Final = 11
FONTS: Final = "Verdana,'DejaVu Sans',Geneva,sans-serif"
WIDTHS: Final = {
    **dict.fromkeys("0123456789", 0.636),
    **dict.fromkeys("il", 0.274),
    **dict.fromkeys(" j.,·", 0.36),
    **dict.fromkeys("ft:", 0.42),
    **dict.fromkeys("r", 0.43),
    **dict.fromkeys("csz", 0.53),
    **dict.fromkeys("w", 0.82),
    **dict.fromkeys("m", 0.98),
}
"""Widths of characters in a wide font, in parts of the font's size."""
OTHER_WIDTH: Final = 0.64
"""The width of any other small letter. The text is drawn to this length, whatever font there is."""


def badge(tally: Tally, *, is_stale: bool) -> str:
    """Draw the counts."""
    counts = " · ".join(
        f"{count} {what}"
        for count, what in ((tally.waiting, "waiting"), (tally.in_error, "in error"), (tally.working, "working"))
        if count
    )
    if is_stale:
        return _draw(f"stale · {counts or 'idle'}", f"stale, {counted(tally)}", COLOURS["stale"])
    return _draw(counts or "idle", counted(tally), COLOURS[_most_urgent(tally)])


def unavailable_badge() -> str:
    """Draw that there are no counts."""
    return _draw(UNAVAILABLE, UNAVAILABLE, QUIET)


def _most_urgent(tally: Tally) -> str:
    if tally.in_error:
        return "error"
    return "waiting" if tally.waiting else tally.state


def _draw(message: str, in_words: str, colour: str) -> str:
    name_width, message_width = width(NAME), width(message)
    left, right = name_width + 2 * MARGIN, message_width + 2 * MARGIN
    whole, edge = left + right, right - CORNER
    side = HEIGHT - 2 * CORNER
    round_side = f"a{CORNER} {CORNER} 0 0 1 {CORNER} {CORNER}v{side}a{CORNER} {CORNER} 0 0 1-{CORNER} {CORNER}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" viewBox="0 0 {whole} {HEIGHT}"'
        f' role="img"><title>{escape(f"{NAME}: {in_words}")}</title>'
        f'<rect width="{whole}" height="{HEIGHT}" rx="{CORNER}" fill="{NAME_COLOUR}"/>'
        f'<path d="M{left} 0h{edge}{round_side}h-{edge}z" fill="{colour}"/>'
        f'<g fill="{WHITE}" font-family="{FONTS}" font-size="{FONT_PIXELS}">'
        f"{_text(NAME, MARGIN, name_width)}{_text(message, left + MARGIN, message_width)}</g></svg>\n"
    )


def _text(text: str, x: int, length: int) -> str:
    return f'<text x="{x}" y="14" textLength="{length}">{escape(text)}</text>'


def width(text: str) -> int:
    """The pixels that a text takes."""
    return round(sum(WIDTHS.get(character, OTHER_WIDTH) for character in text) * FONT_PIXELS)
