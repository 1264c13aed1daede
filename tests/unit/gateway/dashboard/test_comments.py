"""Comments of the page's files, which are not sent."""

from pathlib import Path
from typing import Final

import pytest

from agent_status_gateway.dashboard import ASSETS
from agent_status_gateway.dashboard.comments import without_comments

FOLDER: Final = Path(__file__).parents[4] / "gateway" / "agent_status_gateway" / "dashboard"


# comments: Rule 1
# comments: Rule 2
@pytest.mark.parametrize(
    ("suffix", "source", "sent"),
    [
        (".js", "// a line\nlet one = 1;\n  // another", "\nlet one = 1;\n"),
        (".js", "/**\n * Some\n * lines.\n */\nlet one = 1;\n", "\n\n\n\nlet one = 1;\n"),
        (".js", "  /** One. **/\nlet one = 1;\n", "\nlet one = 1;\n"),
        (".css", "/* Why. */\na { color: red; }\n", "\na { color: red; }\n"),
    ],
)
def test_a_comment_on_lines_of_its_own_goes_and_each_line_keeps_its_number(suffix: str, source: str, sent: str) -> None:
    assert without_comments(source.encode(), suffix).decode() == sent


# comments: Rule 1
@pytest.mark.parametrize(
    ("suffix", "source"),
    [
        (".js", "let one = 1; // why\n"),
        (".js", 'let url = "https://example.org/*";\nlet other = 1; /* why */\n'),
        (".js", "/* why */ let one = 1;\nlet two = 2; /* why */\n"),
        (".css", "a { color: red; } /* why */\n"),
        (".css", "// no comment in CSS\n"),
        (".html", "// no comment in HTML\n/* nor this */\n"),
    ],
)
def test_what_has_code_on_its_lines_or_is_no_comment_stays(suffix: str, source: str) -> None:
    assert without_comments(source.encode(), suffix).decode() == source


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_of_the_page_only_lines_go_that_are_comments(name: str) -> None:
    source, sent = (FOLDER / name).read_text(), ASSETS[name].body.decode()
    for line, kept in zip(source.split("\n"), sent.split("\n"), strict=True):
        assert kept == line or (kept == "" and line.strip().startswith(("//", "/*", "*")))


@pytest.mark.parametrize("name", sorted(name for name in ASSETS if name.endswith(".js")))
def test_no_text_of_the_page_is_longer_than_its_line(name: str) -> None:
    code = ASSETS[name].body.decode().replace("\\`", "")
    assert all(line.split(" // ")[0].count("`") % 2 == 0 for line in code.splitlines())
