"""The key of a bridge's session."""

import pytest

from agent_status_publisher.contract.report import check_session_key
from agent_status_publisher.integrations.key import child_key, session_key, status_key, wants_sessions
from agent_status_publisher.testing import RecordingPublisher


@pytest.mark.parametrize(
    "session_id", ["42", "2026-11-27T10:00:00", "urn:uuid:6e8bc430", "https://example.org/42", "slack:C1", ""]
)
def test_an_id_of_the_framework_has_the_channel_before_it_whatever_is_in_it(session_id: str) -> None:
    assert session_key("langchain", session_id) == f"langchain:{session_id}"


def test_an_id_that_begins_with_the_channel_is_the_key() -> None:
    assert session_key("langchain", "langchain:42") == "langchain:42"


def test_without_a_channel_the_id_is_the_key() -> None:
    assert session_key(None, "telegram:42") == "telegram:42"


def test_an_id_need_not_be_text() -> None:
    assert session_key("langchain", 42) == "langchain:42"


def test_the_key_that_the_agents_code_sets_wins_inside_its_block_and_only_there() -> None:
    with status_key("chat:7"):
        assert session_key("langchain", "42") == "chat:7"
    assert session_key("langchain", "42") == "langchain:42"


@pytest.mark.parametrize(("subagent", "key"), [("call-7", "web:1/call-7"), (7, "web:1/7"), ("a/b:c", "web:1/a/b:c")])
def test_a_subagents_key_is_that_of_its_parent_and_its_own_id(subagent: object, key: str) -> None:
    assert child_key("web:1", subagent) == key


@pytest.mark.parametrize("subagent", ["two\nlines", "x" * 512, "é" * 300])
def test_an_id_that_cannot_be_in_a_key_is_a_digest_there(subagent: str) -> None:
    key = child_key("web:1", subagent)
    assert check_session_key(key) == child_key("web:1", subagent)
    assert key.startswith("web:1/")
    assert len(key) == len("web:1/") + 32
    assert key != child_key("web:1", f"{subagent}2")


def test_a_parents_key_that_leaves_no_room_is_cut() -> None:
    key = child_key("web:" + "é" * 254, "7")
    assert check_session_key(key).startswith("web:" + "é" * 96 + "/")


@pytest.mark.parametrize(("subagents", "wanted"), [("tool", False), ("sessions", True)])
def test_subagents_are_tools_or_sessions(subagents: str, wanted: bool) -> None:
    with RecordingPublisher() as publisher:
        assert wants_sessions(publisher, subagents) is wanted
        assert publisher.errors == []


@pytest.mark.parametrize("subagents", ["session", None, True, ["sessions"]])
def test_another_wish_is_reported_and_they_are_tools(subagents: object) -> None:
    with RecordingPublisher() as publisher:
        assert wants_sessions(publisher, subagents) is False
        assert "expected 'tool' or 'sessions'" in str(publisher.errors[0])
