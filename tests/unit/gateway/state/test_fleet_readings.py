"""Readings by difference: what the fleet need not be told again, and that it comes to the same."""

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fleet import Fleet
from agent_status_publisher.contract.reading import Reading
from agent_status_publisher.contract.wire import RawReport, Stamp
from chaos.workers.reports import EPOCH_MS, reading, record, report, session
from tests.support.builders.fleets import LEASE, fleet_with, one_session, states, take_snapshot


def test_the_newest_report_of_each_worker_is_known() -> None:
    fleet = fleet_with(report(1, one_session(), at=0.0), report(4, record("w2"), at=0.0))
    fleet.hear(report(2, one_session("streaming"), at=1.0), 1.0)
    assert fleet.known_reports() == {"w1": Stamp(2, EPOCH_MS + 1000), "w2": Stamp(4, EPOCH_MS)}


def test_the_report_of_a_worker_that_is_not_shown_any_more_is_known_while_redis_holds_it() -> None:
    goodbye = report(3, record("w1", left=True), at=1.0)
    fleet = fleet_with(report(1, one_session()))
    fleet.hear(goodbye, 1.0)
    assert states(fleet, 1.0) == {}
    fleet.read(reading(goodbye, at=5.0), 5.0, 5.0)
    assert states(fleet, 5.0) == {}
    assert fleet.known_reports() == {"w1": goodbye.stamp}
    fleet.read(reading(at=10.0, same={"w1": goodbye.stamp}), 10.0, 10.0)
    assert fleet.known_reports() == {"w1": goodbye.stamp}
    fleet.read(reading(at=15.0), 15.0, 15.0)
    assert fleet.known_reports() == {}


def test_a_report_that_cannot_be_parsed_is_not_known_and_so_is_named_in_each_reading() -> None:
    broken = RawReport(worker_id="w2", seq=2, at_ms=5, record=b"{}")
    fleet = fleet_with(broken)
    assert fleet.known_reports() == {}
    assert len(fleet.read(reading(broken, at=5.0), 5.0, 5.0)) == 1


def test_a_worker_whose_report_is_the_same_is_there() -> None:
    stored = report(1, one_session())
    fleet = fleet_with(stored)
    fleet.read(reading(at=LEASE, same={"w1": stored.stamp}), LEASE, LEASE)
    assert states(fleet, LEASE) == {"web:1": "error"}, "lost, since Redis has nothing newer"


def test_a_worker_whose_report_is_the_same_again_is_not_forgotten() -> None:
    stored = report(1, one_session())
    fleet = fleet_with(stored)
    fleet.read(reading(at=5.0), 5.0, 5.0)
    assert fleet.workers[0].is_vanished
    fleet.read(reading(at=6.0, same={"w1": stored.stamp}), 6.0, 6.0)
    assert not fleet.workers[0].is_vanished


# fleet: Rule 2
def test_a_forged_report_is_not_what_redis_holds_so_the_next_reading_undoes_it() -> None:
    stored = report(7, one_session("streaming"))
    fleet = fleet_with(stored)
    fleet.hear(report(10**15, one_session("waiting_for_user")), 1.0)
    assert fleet.known_reports()["w1"] != stored.stamp
    newer = report(8, one_session("thinking"), at=2.0)
    fleet.read(by_difference(fleet, {"w1": newer}, 4.0), 4.0, 4.0)
    assert states(fleet, 4.0) == {"web:1": "thinking"}


def by_difference(fleet: Fleet, stored: dict[str, RawReport], at: float) -> Reading:
    """What Redis answers to this fleet."""
    known = fleet.known_reports()
    same = {name: raw.stamp for name, raw in stored.items() if known.get(name) == raw.stamp}
    return reading(*(raw for name, raw in stored.items() if name not in same), at=at, same=same)


class Step(NamedTuple):
    """One thing that befalls both fleets: a report on the channel, in Redis or in both, or none in Redis any more."""

    name: str
    seq: int
    kind: str
    is_heard: bool
    is_stored: bool
    is_read: bool
    seconds: float


KINDS = st.sampled_from(["thinking", "streaming", "left", "broken", "ended"])
STEPS = st.builds(
    Step,
    st.sampled_from(["w1", "w2", "w3"]),
    st.sampled_from([1, 2, 3, 4, 99]),
    KINDS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.1, 1.0, 6.0, 20.0, 60.0]),
)


def shown(fleet: Fleet, now: float) -> Any:
    rows = take_snapshot(fleet, now)
    workers = sorted(
        (w.report.record.id, w.report.seq, w.moment, w.arrived_at, w.is_lost, w.is_vanished, w.grace_from)
        for w in fleet.workers
    )
    return rows, workers, fleet.wants_reading(now), fleet.next_deadline(now)


@given(st.lists(STEPS, max_size=30))
def test_a_reading_by_difference_comes_to_the_same_as_a_whole_one(steps: list[Step]) -> None:
    whole, differing = Fleet(), Fleet()
    stored: dict[str, RawReport] = {}
    now = 0.0
    for step in steps:
        now += step.seconds
        said = record(step.name, session(f"web:{step.name}", "thinking" if step.kind != "streaming" else "streaming"))
        if step.kind == "left":
            said = record(step.name, left=True)
        raw = report(step.seq, said, at=now)
        if step.kind == "broken":
            raw = RawReport(worker_id=step.name, seq=step.seq, at_ms=raw.at_ms, record=b"{}")
        # What Redis answers is fixed when it is asked; what is heard since comes before the answer.
        if step.is_stored:
            stored[step.name] = raw
        if step.kind == "ended":
            stored.pop(step.name, None)
        answers = (reading(*stored.values(), at=now), by_difference(differing, stored, now))
        if step.is_heard and step.kind not in {"broken", "ended"}:
            assert whole.hear(raw, now + 0.01) == differing.hear(raw, now + 0.01)
        if step.is_read:
            reasons = [
                [error.reason for error in fleet.read(answer, now, now + 0.02)]
                for fleet, answer in zip((whole, differing), answers, strict=True)
            ]
            # A malformed report of a worker that has just come back may be named one reading later.
            assert set(reasons[1]) <= set(reasons[0])
        now += 0.02
        assert shown(whole, now) == shown(differing, now)
