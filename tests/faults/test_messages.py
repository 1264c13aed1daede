"""What dashboards see when messages are lost, doubled, old, forged, or nothing of ours."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaos.faults.fault import FAULTS, ordinary
from chaos.faults.messages import MALFORMED, malformed_counts
from chaos.stage import Stage
from chaos.terms import QUICK
from chaos.wait import wait_until


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ordinary(QUICK, False) as made:
        yield made


def test_a_published_message_that_is_lost_is_made_good_within_a_heartbeat(stage: Stage) -> None:
    FAULTS["message-lost"].suffer(stage)


def test_nonsense_on_the_channel_and_in_hashes_stops_nobody_and_is_counted_by_reason(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    before = [malformed_counts(replica) for replica in stage.replicas]
    FAULTS["messages-malformed"].suffer(stage)
    for replica, counted in zip(stage.replicas, before, strict=True):

        def more(counted: dict[str, float] = counted) -> set[str]:
            return {reason for reason, count in malformed_counts(replica).items() if count > counted.get(reason, 0)}  # noqa: B023

        wait_until(lambda more=more: more() == set(MALFORMED), "each reason is counted")  # type: ignore[misc]
    lines = [record for record in caplog.records if record.name == "agent_status_gateway.feed.malformed_log"]
    assert len(lines) == len(stage.replicas), "one line per burst and replica"


def test_reports_that_come_again_doubled_and_backwards_change_nothing(stage: Stage) -> None:
    FAULTS["messages-repeated"].suffer(stage)


def test_a_report_from_the_future_in_a_live_workers_name_is_healed_by_a_full_read(stage: Stage) -> None:
    FAULTS["message-from-the-future"].suffer(stage)


def test_a_replica_that_started_before_any_worker_reads_every_two_heartbeats_too() -> None:
    terms = replace(QUICK, lease_seconds=2.5)
    with ordinary(terms, False) as fresh:
        FAULTS["message-from-the-future"].suffer(fresh)


def test_what_others_write_in_a_workers_place_is_healed_by_its_next_report(stage: Stage) -> None:
    FAULTS["hash-forged"].suffer(stage)


def test_a_report_of_a_worker_that_redis_does_not_know_counts_for_its_lease_and_is_never_called_lost(
    stage: Stage,
) -> None:
    FAULTS["stranger"].suffer(stage)


@pytest.mark.slow
def test_on_a_channel_without_messages_no_worker_is_lost_and_changes_and_new_workers_are_seen_within_two_heartbeats(
    stage: Stage,
) -> None:
    FAULTS["channel-silent"].suffer(stage)


@pytest.mark.slow
def test_a_worker_without_the_right_to_the_channel_is_seen_within_two_heartbeats_and_logs_it_once(stage: Stage) -> None:
    FAULTS["channel-forbidden"].suffer(stage)
