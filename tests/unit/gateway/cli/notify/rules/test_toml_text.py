"""A text in TOML, within limits."""

import pytest

from agent_status_gateway.cli.notify.rules.toml_text import MOST_DOTS, TomlError, parse_toml

LONG_KEY = ".".join("a" * (MOST_DOTS + 2))


def test_a_text_is_parsed() -> None:
    assert parse_toml('a.b = 1.5\n[[rule]]\nc = "d"\n') == {"a": {"b": 1.5}, "rule": [{"c": "d"}]}


@pytest.mark.parametrize("text", ["[[rule", "x = " + "[" * 100_000, "x = " + "6" * 5000])
def test_what_is_not_toml_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(TomlError, match="not TOML"):
        parse_toml(text)


@pytest.mark.parametrize(
    "line",
    [
        f"{LONG_KEY} = 1",
        f"[{LONG_KEY}]",
        f"[[{LONG_KEY}]]",
        LONG_KEY.replace("a", '"a"') + " = 1",
        LONG_KEY.replace(".", " . ") + " = 1",
        f"x = {{ {LONG_KEY} = 1 }}",
        ".".join("a" * 100_000) + " = 1",
    ],
)
def test_a_key_of_too_many_parts_is_refused_before_it_is_parsed(line: str) -> None:
    with pytest.raises(TomlError, match=f"^line 2 must have at most {MOST_DOTS} dots outside of strings$"):
        parse_toml(f"y = 1\n{line}\n")


@pytest.mark.parametrize("end", ["", '"', '""', '\\"'])
def test_a_key_after_a_string_of_several_lines_is_not_taken_for_a_part_of_it(end: str) -> None:
    line = f'{end}""", "b".{LONG_KEY} = 1}}'
    with pytest.raises(TomlError, match=f"^line 2 must have at most {MOST_DOTS} dots outside of strings$"):
        parse_toml(f'x = {{y = """\n{line}\n')
    with pytest.raises(TomlError, match="line 2 must"):
        parse_toml(f"x = {{y = '''\n''', 'b'.{LONG_KEY} = 1}}\n")


def test_dots_in_a_string_of_several_lines_and_in_a_comment_are_not_counted() -> None:
    dots = "." * 1000
    assert parse_toml(f"x = \"\"\"\n{dots}\n\"{dots}\"\"\"\n# It's {dots}\ny = '''{dots}'''\n") == {
        "x": f'{dots}\n"{dots}',
        "y": dots,
    }


def test_a_key_of_as_many_parts_as_may_be_is_parsed() -> None:
    assert "a" in parse_toml(".".join("a" * (MOST_DOTS + 1)) + " = 1")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_dots_in_a_string_are_not_counted(quote: str) -> None:
    text = "session=" + "." * 1000
    assert parse_toml(f"view = {quote}{text}{quote}") == {"view": text}


def test_a_string_without_an_end_is_looked_through_once() -> None:
    """Were it looked through from each quote again, these bytes would take hours."""
    for quote in ('"', '"""'):
        with pytest.raises(TomlError, match="not TOML"):
            parse_toml("x = " + quote + '\\"' * 100_000 + "." * 1000 + "\\")
