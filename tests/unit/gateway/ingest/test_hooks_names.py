"""What the hooks of command-line agents send, and what ingest reads of it: the names on both sides are the same."""

from typing import get_args

import pytest

from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import MEANINGS
from agent_status_publisher.hooks.names import FIELDS
from agent_status_publisher.hooks.settings.clis import CLIS


def test_the_fields_that_are_sent_are_those_that_are_read() -> None:
    assert sorted(FIELDS) == sorted(HookEvent.model_fields)


def test_hooks_can_be_installed_in_each_agent_that_is_known() -> None:
    assert sorted(CLIS) == sorted(MEANINGS) == sorted(get_args(Cli))


@pytest.mark.parametrize("cli", CLIS)
def test_the_events_that_are_asked_for_are_those_with_a_meaning(cli: str) -> None:
    assert set(CLIS[cli].events) == set(MEANINGS[cli])
