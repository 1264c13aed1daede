"""Processes of command-line agents on this host, and which of them are gone."""

import pytest

from agent_status_gateway.ingest.processes import MAX_START_CHARACTERS, Missed, Process, missing, named_process
from agent_status_publisher.hooks.names import HOST_HEADER, PID_HEADER, START_HEADER

HEADERS = {HOST_HEADER: "here", PID_HEADER: "42", START_HEADER: "boot/7"}
AGENT, OTHER = Process(42, "boot/7"), Process(43, "boot/8")


# processes: Rule 1
def test_a_hook_names_a_process_of_this_host() -> None:
    assert named_process(HEADERS, "here") == AGENT
    assert named_process(HEADERS, "there") is None


@pytest.mark.parametrize("pid", ["", "0", "-1", "4.2", "x", "9" * 10, "9" * 5000, "²"])
def test_a_process_id_that_no_system_gives_names_no_process(pid: str) -> None:
    assert named_process(HEADERS | {PID_HEADER: pid}, "here") is None


@pytest.mark.parametrize("start", ["", "x" * (MAX_START_CHARACTERS + 1)])
def test_without_a_start_no_process_is_named(start: str) -> None:
    assert named_process(HEADERS | {START_HEADER: start}, "here") is None


@pytest.mark.parametrize("left_out", HEADERS)
def test_without_one_of_the_headers_no_process_is_named(left_out: str) -> None:
    assert named_process({name: value for name, value in HEADERS.items() if name != left_out}, "here") is None


def test_a_process_that_has_ended_or_began_at_another_time_is_missing() -> None:
    started = {42: "boot/7", 43: "boot/99"}
    assert missing([AGENT, OTHER, Process(44, "boot/9")], started.get) == {OTHER, Process(44, "boot/9")}


# processes: Rule 2
def test_a_process_is_gone_when_two_looks_in_a_row_did_not_find_it() -> None:
    missed = Missed()
    assert missed.gone(frozenset({AGENT, OTHER})) == set()
    assert missed.gone(frozenset({OTHER})) == {OTHER}
    assert missed.gone(frozenset({AGENT})) == set()
