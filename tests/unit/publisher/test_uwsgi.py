"""A publisher under uWSGI, which keeps threads from running by default."""

import sys
from types import SimpleNamespace

import pytest

from agent_status_publisher import PublisherError, StatusPublisher
from agent_status_publisher.uwsgi import missing_flags

SENTENCE = "the publisher's thread cannot do its work here: start uWSGI with {}"
IN_MASTER = 0
IN_WORKER = 1


def run_under_uwsgi(monkeypatch: pytest.MonkeyPatch, options: dict[object, object], worker: int) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options, worker_id=lambda: worker))


@pytest.mark.parametrize(
    ("options", "worker", "flags"),
    [
        ({"http-socket": b":8000"}, IN_WORKER, "--enable-threads"),
        ({"http-socket": b":8000", "lazy-apps": True}, IN_MASTER, "--enable-threads"),
        ({}, IN_MASTER, "--enable-threads --lazy-apps"),
        ({"enable-threads": True}, IN_MASTER, "--lazy-apps"),
        ({b"threads": b"2"}, IN_MASTER, "--lazy-apps"),
    ],
)
def test_the_flags_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, options: dict[object, object], worker: int, flags: str
) -> None:
    run_under_uwsgi(monkeypatch, options, worker)
    assert missing_flags() == SENTENCE.format(flags)


@pytest.mark.parametrize(
    ("options", "worker"),
    [
        ({"enable-threads": True}, IN_WORKER),
        ({b"threads": b"2"}, IN_WORKER),
        ({"gevent": b"100"}, IN_WORKER),
        ({"enable-threads": True, "lazy-apps": True}, IN_MASTER),
        ({"enable-threads": True, "py-call-osafterfork": True}, IN_MASTER),
    ],
)
def test_nothing_is_said_where_the_thread_can_run(
    monkeypatch: pytest.MonkeyPatch, options: dict[object, object], worker: int
) -> None:
    run_under_uwsgi(monkeypatch, options, worker)
    assert missing_flags() is None


def test_outside_uwsgi_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "uwsgi", raising=False)
    assert missing_flags() is None
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace())  # somebody's own module
    assert missing_flags() is None


def test_a_publisher_that_starts_there_reports_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run_under_uwsgi(monkeypatch, {}, IN_WORKER)
    reported: list[PublisherError] = []
    publisher = StatusPublisher("redis://127.0.0.1:1/0", on_error=reported.append)
    assert reported == []  # it may be started elsewhere
    with publisher:
        publisher.session("web:1")
        publisher.session("web:2")
    said = [str(error) for error in reported if "uWSGI" in str(error)]
    assert said == [SENTENCE.format("--enable-threads")]
