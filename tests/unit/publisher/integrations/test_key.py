"""The key of a bridge's session."""

import pytest

from agent_status_publisher.integrations.key import session_key, status_key


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
