"""What the hooks of command-line agents send, and what ingest reads of it: the names on both sides are the same."""

from typing import Final, get_args

import pytest

from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import MEANINGS
from agent_status_publisher.hooks.names import FIELDS
from agent_status_publisher.hooks.settings.clis import CLIS

UNASKED: Final = {
    "claude-code": {"PostToolBatch", "ElicitationResult"},
    "codex": {"SubagentStart", "SubagentStop", "StopFailure", "Interrupt", "SessionEnd"},
}
"""Events that ingest understands, should they come, and that `install` does not ask for."""


def test_the_fields_that_are_sent_are_those_that_are_read() -> None:
    assert sorted(FIELDS) == sorted(HookEvent.model_fields)


def test_hooks_can_be_installed_in_each_agent_that_is_known() -> None:
    assert sorted(CLIS) == sorted(MEANINGS) == sorted(get_args(Cli))


@pytest.mark.parametrize("cli", CLIS)
def test_every_event_that_is_asked_for_has_a_meaning(cli: str) -> None:
    assert set(CLIS[cli].events) <= set(MEANINGS[cli])


@pytest.mark.parametrize("cli", CLIS)
def test_every_event_with_a_meaning_is_asked_for_or_named_as_one_that_is_not(cli: str) -> None:
    assert set(MEANINGS[cli]) - set(CLIS[cli].events) == UNASKED.get(cli, set())
