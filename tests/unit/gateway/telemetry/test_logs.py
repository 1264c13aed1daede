"""How log lines are written."""

import json
import logging
import sys

import pytest

from agent_status_gateway.telemetry.logs import DropProbes, JsonLines, TextLines


def record(message: str, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("agent_status_gateway.feed.feed", level, "feed.py", 1, message, args, None)


@pytest.mark.parametrize("hostile", ["a\nb", "a\r\nb", "\x1b[31mred", "a\u202eb", "a\u2028b", "\x9b1m", "\x00"])
def test_text_from_outside_makes_no_line_of_its_own_and_controls_no_terminal(hostile: str) -> None:
    for formatter in (TextLines(), JsonLines()):
        line = formatter.format(record("ignored %s", hostile))
        assert len(line.splitlines()) == 1
        assert not {"\x1b", "\x9b", "\x00", "\n"} & set(line)
    assert json.loads(JsonLines().format(record("ignored %s", hostile)))["message"] == f"ignored {hostile}"


def test_a_line_for_people_has_time_level_logger_and_message() -> None:
    line = TextLines().format(record("feed %s", "live", level=logging.WARNING))
    assert line.endswith("WARNING agent_status_gateway.feed.feed: feed live")


def test_a_line_for_programs_is_an_object_with_the_traceback() -> None:
    try:
        raise ValueError("boom")
    except ValueError:
        failed = logging.LogRecord(
            "agent_status_gateway.fanout.hub", logging.ERROR, "hub.py", 1, "it failed", None, sys.exc_info()
        )
    failed.created, failed.msecs = 1_800_000_000.25, 250.0
    line = JsonLines().format(failed)
    assert len(line.splitlines()) == 1
    fields = json.loads(line)
    assert fields.pop("traceback").endswith("ValueError: boom")
    assert fields == {
        "time": "2027-01-15T08:00:00.250Z",
        "level": "error",
        "logger": "agent_status_gateway.fanout.hub",
        "message": "it failed",
    }


def test_a_lone_surrogate_is_logged() -> None:
    assert json.loads(JsonLines().format(record("title %s", "a\ud800b")))["message"] == "title a\ud800b"


@pytest.mark.parametrize(
    ("path", "status", "is_written"),
    [
        ("/healthz", 200, False),
        ("/metrics", 200, False),
        ("/healthz", 503, True),
        ("/api/v1/agent/status", 200, True),
        ("/healthz?key=x", 200, True),
    ],
)
def test_only_successful_probes_are_dropped(path: str, status: int, is_written: bool) -> None:
    access = record('%s - "%s %s HTTP/%s" %d', "10.0.0.1:1", "GET", path, "1.1", status)
    assert DropProbes().filter(access) == is_written
    assert DropProbes().filter(record("feed live"))


def test_probes_are_logged_at_the_level_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    assert DropProbes().filter(record('%s - "%s %s HTTP/%s" %d', "10.0.0.1:1", "GET", "/livez", "1.1", 200))
