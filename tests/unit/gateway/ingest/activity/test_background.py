"""Background work of one session."""

from typing import Any

import pytest

from agent_status_gateway.ingest.activity import background as background_module
from agent_status_gateway.ingest.activity.background import MAX_NAME_CHARACTERS, Background

SHELL: dict[str, Any] = {"id": "b1", "type": "shell", "status": "running", "command": "npm run dev"}
AGENT: dict[str, Any] = {"id": "a1", "type": "subagent", "status": "running", "agent_type": "Explore"}
CRON: dict[str, Any] = {"id": "c1", "schedule": "0 9 * * *", "recurring": True, "prompt": "secret"}


def test_a_subagent_runs_from_its_start_to_its_end() -> None:
    background = Background()
    background.start("a1", "Explore")
    background.start("a2", None)
    assert (background.subagent, background.has("a1"), len(background)) == ("agent", True, 2)
    background.end("a2")
    assert background.subagent == "Explore"


def test_a_list_replaces_what_was_known() -> None:
    background = Background()
    background.start("gone", "Plan")
    background.replace([SHELL, AGENT], [CRON])
    assert (background.has("gone"), background.has("a1"), background.subagent) == (False, True, "Explore")
    assert (background.task, len(background)) == ("shell", 3)
    background.replace([], [])
    assert len(background) == 0


def test_the_list_with_a_subagents_end_still_has_that_subagent() -> None:
    background = Background()
    background.replace([AGENT, SHELL], [], but="a1")
    assert (background.has("a1"), background.task) == (False, "shell")


def test_a_wake_up_alone_is_work() -> None:
    background = Background()
    background.replace([], [CRON])
    assert (background.task, len(background)) == ("cron", 1)


@pytest.mark.parametrize("status", sorted(background_module.FINISHED))
def test_a_task_that_has_finished_is_no_work(status: str) -> None:
    background = Background()
    background.replace([SHELL | {"status": status}], [])
    assert len(background) == 0


@pytest.mark.parametrize("status", ["running", "pending", "something new", None])
def test_a_task_in_any_other_state_is_work(status: str | None) -> None:
    background = Background()
    background.replace([SHELL | {"status": status}], [])
    assert len(background) == 1


def test_an_interrupt_ends_what_its_turn_waited_for_and_nothing_that_outlived_a_turn() -> None:
    background = Background()
    background.replace([SHELL, AGENT], [])
    background.settle()
    background.start("a2", "Plan")
    background.interrupt()
    assert (background.has("a1"), background.has("a2"), background.task) == (True, False, "shell")
    background.end("a1")
    background.start("a1", "Explore")
    background.interrupt()
    assert not background.has("a1"), "it began again in this turn"


def test_a_list_of_another_kind_breaks_nothing() -> None:
    background = Background()
    background.replace([None, 7, "b1", {}, {"id": 1, "type": [], "status": []}, AGENT], [7])
    assert background.subagent == "Explore"


def test_work_without_an_end_fills_no_memory() -> None:
    background = Background()
    for agent in range(1000):
        background.start(str(agent), "Explore")
    assert len(background) == background_module.MAX_WORK
    background.replace([SHELL | {"id": str(task) + "x" * 1000} for task in range(1000)], [])
    assert len(background) == background_module.MAX_WORK
    assert max(len(task) for task in background._tasks) == MAX_NAME_CHARACTERS
