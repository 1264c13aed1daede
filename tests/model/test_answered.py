"""Histories of two workers with one session key: a question that was answered elsewhere, each at its shortest."""

import pytest

from agent_status_publisher.contract.wire import SessionState
from tests.model.simulated_worker import Fate, SimulatedWorker
from tests.model.world import World

KEY = "web:1"


def asked() -> tuple[World, SimulatedWorker, SimulatedWorker]:
    """A world in which the first worker waits for the user, and a second one is there."""
    world = World()
    asker, answerer = world.start_worker(), world.start_worker()
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.start_replica()
    world.pass_(1.0)
    return world, asker, answerer


def shown(world: World) -> list[str]:
    """The state that a replica shows for the key, and one that starts now."""
    fresh = world.start_replica()
    world.pass_(1.0)
    states = [[row["state"] for row in replica.snapshot()["sessions"]] for replica in (world.replicas[0], fresh)]
    assert states[0] == states[1]
    return [str(state) for state in states[0]]


@pytest.mark.parametrize("end", ["ends", "leaves", "dies"])
def test_an_answered_question_does_not_come_back_whatever_becomes_of_who_answered(end: str) -> None:
    world, asker, answerer = asked()
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(1.0)
    assert shown(world) == ["thinking"]
    if end == "ends":
        answerer.end(KEY)
        world.pass_(0.2)
        answerer.do_much(64)
        world.pass_(70.0)
        answerer.do_much(64)
        world.pass_(3600.0)
    elif end == "leaves":
        answerer.leave()
        world.pass_(70.0)
    else:
        answerer.die()
        world.pass_(16.0)
        assert shown(world) == ["error"]
        world.pass_(70.0)
    assert shown(world) == []
    world.wipe()
    world.pass_(10.0)
    assert shown(world) == []
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(6.0)
    assert shown(world) == [], "the same question once more"
    world.end()


def test_a_session_goes_on_where_it_waited_once_its_worker_begins_a_run() -> None:
    world, asker, answerer = asked()
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(6.0)
    answerer.end(KEY)
    asker.set_state(KEY, SessionState.STREAMING, None)
    world.pass_(6.0)
    assert shown(world) == ["streaming"]
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(1.0)
    assert shown(world) == ["waiting_for_user"]
    world.end()


def test_a_question_that_was_asked_after_a_short_run_elsewhere_stays() -> None:
    world = World()
    asker, other = world.start_worker(), world.start_worker()
    asker.open(KEY)
    world.pass_(1.0)
    other.open(KEY)
    world.pass_(1.0)
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.start_replica()
    world.pass_(1.0)
    other.end(KEY)
    world.pass_(70.0)
    assert shown(world) == ["waiting_for_user"]
    assert asker.let_go == []


def test_a_late_report_of_an_older_run_does_not_hide_who_answered() -> None:
    world, asker, answerer = asked()
    third = world.start_worker()
    third.open(KEY)
    asker.set_state(KEY, SessionState.THINKING, None)
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(0.2)
    asker.link.is_cut = True
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(0.2)
    answerer.leave()
    third.fate, third.fate_seconds = Fate.LATE, 0.2
    third.open("web:2")
    world.pass_(8.0)
    asker.link.heal()
    world.pass_(8.0)
    assert [let_go.key for let_go in asker.let_go] == [KEY]
    world.end()


def test_a_run_that_began_and_ended_between_two_reports_has_answered_too() -> None:
    world, asker, answerer = asked()
    answerer.link.is_cut = True
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(1.0)
    answerer.end(KEY)
    answerer.link.heal()
    world.pass_(6.0)
    assert [let_go.key for let_go in asker.let_go] == [KEY]
    world.end()


def test_a_refusal_takes_no_question_that_was_asked_since_its_report_was_drafted() -> None:
    world, asker, answerer = asked()
    answerer.set_state(KEY, SessionState.THINKING, None)
    asker.fate, asker.fate_seconds = Fate.LATE, 0.24
    asker.open("web:2")
    world.pass_(0.1)
    asker.set_state(KEY, SessionState.THINKING, None)
    world.pass_(0.1)
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(1.0)
    assert asker.let_go == []
    assert shown(world) == ["waiting_for_user", "thinking"]
    world.end()


@pytest.mark.parametrize("upset", ["step back", "step on", "failover", "wipe"])
def test_what_makes_redis_forget_an_answer_brings_nothing_back_while_who_answered_is_there(upset: str) -> None:
    world, asker, answerer = asked()
    world.redis.replicate()
    asker.link.is_cut = True
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(6.0)  # a heartbeat that does not name the run again
    if upset == "failover":
        world.fail_over()
    elif upset == "wipe":
        world.wipe()
    else:
        world.step_clock(-20.0 if upset == "step back" else 20.0)
    world.pass_(6.0)
    answerer.end(KEY)
    world.pass_(1.0)
    asker.link.heal()
    world.pass_(6.0)
    assert [let_go.key for let_go in asker.let_go] == [KEY]
    world.end()


def test_after_a_step_back_of_rediss_clock_a_new_question_is_not_older_than_an_end_before_it() -> None:
    world, asker, answerer = asked()
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(1.0)
    answerer.leave()
    world.pass_(1.0)  # the goodbye is taken before the step, and nothing of it comes after
    world.step_clock(-20.0)
    world.pass_(6.0)
    asker.set_state(KEY, SessionState.THINKING, None)
    asker.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(6.0)
    assert asker.let_go == []
    world.end()


@pytest.mark.parametrize("outage_seconds", [0.0, 30.0])
def test_a_step_back_of_rediss_clock_lets_no_question_go_that_was_asked_after_an_answer(outage_seconds: float) -> None:
    world, asker, answerer = asked()
    answerer.set_state(KEY, SessionState.THINKING, None)
    world.pass_(0.3)
    answerer.set_state(KEY, SessionState.WAITING_FOR_USER, None)
    world.pass_(0.2)
    if outage_seconds:
        world.redis.takes_writes = False
        world.pass_(outage_seconds)
    world.step_clock(-3.0 - outage_seconds / 2)  # by less than the time since Redis took a report
    world.redis.takes_writes = True
    world.pass_(12.0)
    assert [let_go.key for let_go in asker.let_go] == [KEY]
    assert answerer.let_go == []
    world.end()
