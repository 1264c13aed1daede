"""JSON text that is read and written again without a change to what is not ours, numbers included."""

import json
import re
from typing import Any

from agent_status_publisher.hooks.settings.clis import Json
from agent_status_publisher.hooks.settings.entries import SettingsFileError


class Number(str):
    """A number as its file spells it. Python cannot hold all of them, and would write others in its own way."""

    __slots__ = ()


def parse(text: str) -> Json:
    """Return the settings that a text holds; none if it is empty.

    Raises:
        SettingsFileError: The text is not a JSON object, nests too deeply, or names a key twice.
    """
    if not text.strip():
        return {}
    try:
        settings = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_no_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise SettingsFileError(f"this is not plain JSON ({error}); put the hooks in by hand, or correct it") from None
    except RecursionError:
        raise SettingsFileError("it nests too deeply; put the hooks in by hand, or correct it") from None
    if not isinstance(settings, dict):
        raise SettingsFileError("a JSON object is expected")
    return settings


def to_text(value: Any, indent: str = "  ", before: str = "") -> str:
    """Return a value as JSON with one line for each of its parts."""
    inner = before + indent
    match value:
        case Number():
            return str(value)
        case dict() if value:
            parts = [f"{_scalar(name)}: {to_text(part, indent, inner)}" for name, part in value.items()]
            return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{before}}}"
        case list() if value:
            return "[\n" + ",\n".join(inner + to_text(part, indent, inner) for part in value) + f"\n{before}]"
        case _:
            return _scalar(value)


def indent_of(text: str) -> str:
    """Return the indent of a text's first indented line, or two spaces."""
    found = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return found[1] if found else "  "


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair cannot be written as UTF-8, but as an escape.
    return text if text.isascii() or not re.search("[\ud800-\udfff]", text) else json.dumps(value)


def _object(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingsFileError(f"it has the key {json.dumps(twice)} twice in one object; remove one of them")
    return made


def _no_constant(name: str) -> Any:
    raise SettingsFileError(f"this is not plain JSON ({name}); put the hooks in by hand, or correct it")
