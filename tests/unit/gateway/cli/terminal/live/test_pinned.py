"""Lines of a screen that stay in their columns."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from agent_status_gateway.cli.terminal.live.pinned import PinnedLine

FAMILY = "👨\u200d👩\u200d👧"
ERASE = "\x1b[2K"


def drawn(text: Text) -> str:
    file = io.StringIO()
    Console(file=file, force_terminal=True, color_system="standard", width=80).print(PinnedLine(text), end="")
    return file.getvalue()


def test_a_line_of_ascii_is_written_as_it_is() -> None:
    assert drawn(Text.assemble("Fix ", ("auth", "red"), " bug")) == "Fix \x1b[31mauth\x1b[0m bug\n"


# pinned: Rule 1
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a · b", "a ·\x1b[4G b\n"),
        ("cafe\u0301 x", "cafe\u0301\x1b[5G x\n"),
        ("日本 x", "日本\x1b[5G x\n"),
        (f"a {FAMILY} x", f"a {FAMILY}\x1b[5G x\n"),
    ],
    ids=ascii,
)
def test_after_characters_outside_ascii_the_cursor_is_put_where_we_count(text: str, written: str) -> None:
    assert drawn(Text(text)).removeprefix(ERASE) == written


def test_columns_are_counted_over_all_styles_of_a_line() -> None:
    line = Text.assemble("ab ", ("日本", "red"), " cd ", ("é", "bold"), "f")
    assert drawn(line) == f"{ERASE}ab \x1b[31m日本\x1b[0m\x1b[8G cd \x1b[1mé\x1b[0m\x1b[13Gf\n"


# pinned: Rule 2
@pytest.mark.parametrize(("text", "is_erased"), [("Fix", False), ("a · b…", False), ("日本", True), ("❤\ufe0f", True)])
def test_a_line_is_erased_where_fewer_columns_may_be_drawn_than_we_count(text: str, is_erased: bool) -> None:
    assert drawn(Text(text)).startswith(ERASE) == is_erased
