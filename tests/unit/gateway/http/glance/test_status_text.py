"""The snapshot as lines of text."""

import subprocess

import pytest

from agent_status_gateway.http.glance import status_text as module
from agent_status_gateway.http.glance.status_text import FIELDS, MAX_SESSIONS, MAX_TEXT_CHARACTERS, status_text
from chaos.need import program
from chaos.workers.reports import session
from tests.support.builders.tallies import tally_of

HOSTILE = "a\tb\nc\x1b[31m\u202eevil\u2066\u2028\x85d"


def field(name: str, **fields: object) -> str:
    """One field of the line of a session in error."""
    lines = status_text(tally_of(session(**({"state": "error"} | fields))), None, 0.0).splitlines()  # type: ignore[arg-type]
    assert len(lines) == 2
    found = lines[1].split("\t")
    assert len(found) == len(FIELDS)
    return found[FIELDS.index(name)]


# status_text: Rule 2
def test_a_line_for_the_whole_is_followed_by_one_for_each_session_that_needs_a_person() -> None:
    found = tally_of(
        session("ci:7", "error", title="Nightly build", error="worker lost", changed_ms=12_900),
        session("web:42", "waiting_for_user", title="Fix auth bug", changed_ms=310_000),
        session("web:43", "waiting_for_user"),
        session("web:44", "thinking", title="Nobody needs to look"),
    )
    assert status_text(found, None, 1.0) == (
        "degraded: 2 waiting for user, 1 in error, 1 working\n"
        "waiting_for_user\tweb:42\t311\tFix auth bug\t-\n"
        "waiting_for_user\tweb:43\t1\t-\t-\n"
        "error\tci:7\t13\tNightly build\tworker lost\n"
    )


def test_without_sessions_there_is_one_line() -> None:
    assert status_text(tally_of(), None, 0.0) == "idle: no sessions\n"
    assert status_text(tally_of(), 7.0, 0.0) == "stale: idle 7 s ago, no sessions\n"


def test_sessions_beyond_the_bound_are_counted() -> None:
    sessions = [session(f"web:{number}", "waiting_for_user") for number in range(MAX_SESSIONS + 73)]
    lines = status_text(tally_of(*sessions, most=MAX_SESSIONS), None, 0.0).splitlines()
    assert len(lines) == 1 + MAX_SESSIONS + 1
    assert lines[0] == "active: 123 waiting for user"
    assert lines[-1] == "more\t73"


def test_a_clock_that_went_back_makes_no_age_below_zero() -> None:
    assert field("seconds", changed_ms=0) == "0"
    assert status_text(tally_of(session(state="error")), None, -5.0).split("\t")[2] == "0"


# status_text: Rule 5
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (HOSTILE, "a b c [31m evil   d"),
        ("  \t ", "-"),
        ("", "-"),
        (None, "-"),
        ("x" * 300, "x" * (MAX_TEXT_CHARACTERS - 1) + "…"),
        ("größer 修复 👩\u200d💻", "größer 修复 👩\u200d💻"),
        ("Open | shell=/bin/rm param1=-rf", "Open ¦ shell=/bin/rm param1=-rf"),
        ("%{A1:rm -rf ~:}click%{A}", "% {A1:rm -rf ~:}click% {A}"),
        ("#(rm -rf ~) #[fg=red] #{pane_id}", "# (rm -rf ~) # [fg=red] # {pane_id}"),
        ("50% of #42 (done)", "50% of #42 (done)"),
    ],
)
def test_titles_and_errors_act_on_nothing_that_shows_them(given: str | None, shown: str) -> None:
    assert field("title", title=given) == shown
    assert field("error_message", error=given) == shown


# status_text: Rule 4
def test_the_fields_that_there_are_keep_their_numbers() -> None:
    assert FIELDS[:5] == ("state", "session_key", "seconds", "title", "error_message")
    found = tally_of(session("web:1", "error", title="A", error="B", changed_ms=4000))
    assert status_text(found, None, 0.0).splitlines()[1].split("\t")[:5] == ["error", "web:1", "4", "A", "B"]


# status_text: Rule 5
@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        ("web:42", "web:42"),
        ("my repo:a|b%{c}#(d)", "my%20repo:a%7Cb%25%7Bc%7D%23%28d%29"),
        ("web:\u202eevil", "web:%E2%80%AEevil"),
        ("github:owner/repo/1.2_x-y~", "github:owner/repo/1.2_x-y~"),
    ],
)
def test_a_key_is_spelled_as_in_a_query(key: str, spelled: str) -> None:
    assert field("session_key", key=key) == spelled


# status_text: Rule 3
def test_a_shell_that_reads_the_fields_gets_each_in_its_place() -> None:
    text = status_text(tally_of(session("web:1", "error", error="boom", changed_ms=4000)), None, 0.0)
    script = "tail -n +2 | while IFS='\t' read -r state key seconds title error; do echo \"$key,$title,$error\"; done"
    done = subprocess.run([program("sh"), "-c", script], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == "web:1,-,boom\n"


# status_text: Rule 1
def test_nothing_from_an_agent_is_in_the_first_line() -> None:
    calm = status_text(tally_of(session("a", "error")), 3.0, 0.0).splitlines()[0]
    hostile = session("#(x)|", "error", title=HOSTILE, error=HOSTILE, tool=HOSTILE)
    assert status_text(tally_of(hostile), 3.0, 0.0).splitlines()[0] == calm


def test_the_lines_are_few_and_short_whatever_agents_say() -> None:
    longest = 512
    sessions = [
        session(f"{number}".ljust(longest, "|"), "error", title="ü" * 10_000, error="|" * 10_000)
        for number in range(60)
    ]
    text = status_text(tally_of(*sessions), None, 0.0)
    assert len(text.splitlines()) == 52
    assert max(map(len, text.splitlines())) < 3 * longest + 2 * module.MAX_TEXT_CHARACTERS + 40
