"""How log lines are written: for people or for programs."""

import json
import logging
import time
from http import HTTPStatus
from typing import Any, Final

from typing_extensions import override

from agent_status_gateway.paths import PROBE_PATHS

# Text from outside must not look like a line of its own, or control a terminal.
_ESCAPES: Final = {number: f"\\x{number:02x}" for number in (*range(0x20), *range(0x7F, 0xA0))} | {
    number: f"\\u{number:04x}"
    for number in (0x2028, 0x2029, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


class TextLines(logging.Formatter):
    """Formatter for people: `2026-11-24 10:00:00,123 INFO    agent_status_gateway.feed.health: feed live`.

    A traceback follows on its own lines.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(_ESCAPES)
        return super().formatMessage(record)


class JsonLines(logging.Formatter):
    """Formatter for programs: an object with `time` (UTC), `level`, `logger`, `message` and an error's `traceback`."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)  # in ASCII: no line ends and no control characters


_ACCESS_FIELDS: Final = 5
"""The fields of uvicorn's access record: client, method, path, HTTP version, status."""


class DropProbes(logging.Filter):
    """Filter that drops uvicorn's lines about successful probes, except at the level `debug`.

    A balancer probes several times a second, and nobody acts on a success.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        args = record.args
        if not isinstance(args, tuple) or len(args) != _ACCESS_FIELDS or logging.getLogger().level <= logging.DEBUG:
            return True
        path, status = args[2], args[4]
        return not (isinstance(path, str) and path in PROBE_PATHS and status == HTTPStatus.OK)


def log_config(log_format: str = "text", level: str = "info") -> dict[str, Any]:
    """Make the configuration for `logging.config.dictConfig`, as uvicorn takes it."""
    formatter = JsonLines if log_format == "json" else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }
