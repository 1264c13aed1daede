"""JSON that keeps what is not ours."""

import json

import pytest

from agent_status_publisher.hooks.settings.entries import SettingsFileError
from agent_status_publisher.hooks.settings.json_text import Number, indent_of, parse, to_text


@pytest.mark.parametrize(
    "number", ["1e400", "-0", "1.10", "1E5", "0.1000000000000000055511151231257827", "9" * 5000, "12345678901234567890"]
)
def test_numbers_are_written_as_they_were_spelled(number: str) -> None:
    text = f'{{\n  "number": {number}\n}}'
    assert to_text(parse(text)) == text


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [], "b": {}, "c": [[], {}], "d": None, "e": True, "f": "5"},
        {'quote"\n': "\\ \u0000 \u2028 ü 🎈"},
        {"a": [{"b": ["c", {"d": False}]}]},
    ],
)
def test_the_text_is_that_of_pythons_own_writer(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    assert to_text(value) == text
    assert to_text(parse(text)) == text


def test_our_own_numbers_are_written_too() -> None:
    assert to_text({"timeout": 5}) == to_text({"timeout": Number("5")})


def test_half_of_a_surrogate_pair_stays_an_escape() -> None:
    text = to_text(parse('{"a": "ü\\ud800"}'))
    assert json.loads(text.encode()) == {"a": "ü\ud800"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, // a comment\n}', "not plain JSON"),
        ('{"a": NaN}', "not plain JSON"),
        ('{"a": -Infinity}', "not plain JSON"),
        ("\ufeff{}", "BOM"),
        ("[]", "object is expected"),
        ("7", "object is expected"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', '"c" twice'),
        ("[" * 100_000, "nests too deeply"),
        ('{"a":' * 100_000, "nests too deeply"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused_with_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(SettingsFileError, match=reason):
        parse(text)


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_has_no_settings(text: str) -> None:
    assert parse(text) == {}


@pytest.mark.parametrize("indent", ["  ", "    ", "\t"])
def test_the_indent_is_kept(indent: str) -> None:
    text = to_text({"a": {"b": 1}}, indent)
    assert indent_of(text) == indent
    assert indent_of("{}") == "  "
