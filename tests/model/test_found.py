"""Histories that showed a wrong snapshot once, each at its shortest."""

from agent_status_publisher.contract.wire import SessionState
from agent_status_publisher.settings import Settings
from tests.model.simulated_worker import Fate
from tests.model.world import World

SHORT = Settings(namespace="model", heartbeat_seconds=1, lease_seconds=3, error_ttl_seconds=5)
MEDIUM = Settings(namespace="model", heartbeat_seconds=5, lease_seconds=10, error_ttl_seconds=8)


def test_a_replica_that_was_stopped_while_a_worker_died_shows_it_as_lost_when_the_others_do() -> None:
    world = World()
    worker = world.start_worker()
    worker.open("web:1")
    stopped, other = world.start_replica(), world.start_replica()
    world.pass_(1.0)
    stopped.freeze()
    world.pass_(5.0)  # a heartbeat, which waits in the stopped one's socket
    worker.die()
    world.pass_(8.0)
    stopped.thaw()
    world.pass_(9.0)
    assert stopped.snapshot()["sessions"] == other.snapshot()["sessions"]
    assert stopped.snapshot()["global"]["state"] == "degraded"


def test_a_replica_that_was_stopped_while_redis_was_away_gives_the_workers_time_to_report_again() -> None:
    world = World()
    worker = world.start_worker()
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    replica.freeze()
    world.pass_(5.0)  # a heartbeat, which waits in its socket
    worker.link.is_cut = True
    world.pass_(20.0)
    replica.thaw()
    world.pass_(1.0)
    assert not any(known.is_lost for known in replica.fleet.workers)


def test_a_step_of_rediss_clock_makes_no_worker_lost_whose_report_a_running_replica_missed() -> None:
    world = World()
    worker = world.start_worker(Settings(namespace="model", heartbeat_seconds=1))
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.replicate()
    world.redis.is_mute = True
    worker.set_state("web:1", SessionState.STREAMING, None)
    world.pass_(0.01)
    world.step_clock(20.0)
    replica.want_reading()
    world.pass_(0.01)
    assert [row["state"] for row in replica.snapshot()["sessions"]] == ["streaming"]
    replica.want_reading()
    world.pass_(0.01)
    assert [row["state"] for row in replica.snapshot()["sessions"]] == ["streaming"]


def test_a_step_of_rediss_clock_makes_no_newcomer_lost_that_a_running_replica_only_reads() -> None:
    world = World()
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.is_mute = True
    world.start_worker().open("web:1")
    world.pass_(0.2)
    world.step_clock(20.0)
    for _ in range(2):
        replica.want_reading()
        world.pass_(0.01)
        assert [row["state"] for row in replica.snapshot()["sessions"]] == ["thinking"]


def test_a_redis_that_refused_writes_for_longer_than_a_lease_makes_no_worker_lost() -> None:
    world = World()
    worker = world.start_worker()
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.takes_writes = False
    world.pass_(20.0)
    assert not replica.is_fresh
    world.redis.takes_writes = True
    for _ in range(100):
        world.pass_(0.1)
        assert [row["state"] for row in replica.snapshot()["sessions"]] == ["thinking"]
    assert replica.is_fresh


def test_a_goodbye_that_redis_has_lost_shows_its_worker_as_lost_and_then_no_more() -> None:
    world = World()
    worker = world.start_worker()
    worker.open("web:1")
    world.pass_(1.0)
    replica = world.start_replica()
    world.redis.replicate()
    world.fail_over()
    worker.leave()
    world.pass_(0.01)
    world.fail_over()
    world.end()
    assert replica.snapshot()["sessions"] == []


def test_steps_of_rediss_clock_back_and_on_make_no_worker_lost_whose_reports_are_only_read() -> None:
    world = World()
    worker = world.start_worker(SHORT)
    replicas = [world.start_replica(), world.start_replica()]
    world.redis.is_mute = True
    for seconds in (-70.0, 3.0):
        worker.fail("web:1", "boom")
        world.pass_(0.2)
        world.step_clock(seconds)
        replicas[0].want_reading()
        world.pass_(3.1)
    assert not any(known.is_lost for replica in replicas for known in replica.fleet.workers)


def test_two_steps_of_rediss_clock_between_two_readings_make_no_newcomer_lost() -> None:
    world = World()
    world.start_worker()
    replicas = [world.start_replica(), world.start_replica()]
    world.redis.is_mute = True
    world.step_clock(-3.0)
    newcomer = world.start_worker(SHORT)
    newcomer.fail("web:1", "boom")
    world.step_clock(-70.0)
    for _ in range(100):
        world.pass_(0.1)
        assert not any(known.is_lost for replica in replicas for known in replica.fleet.workers)


def test_a_step_of_rediss_clock_before_a_replica_is_stopped_dates_no_report_that_waited() -> None:
    world = World()
    stopped, other = world.start_replica(), world.start_replica()
    world.step_clock(20.0)
    worker = world.start_worker()
    worker.set_state("web:3", SessionState.STREAMING, None)
    stopped.freeze()
    world.pass_(5.3)
    worker.die()
    world.pass_(20.0)
    stopped.thaw()
    world.pass_(10.0)
    assert stopped.snapshot()["sessions"] == other.snapshot()["sessions"]
    assert [row["error_message"] for row in other.snapshot()["sessions"]] == ["worker lost"]


def test_a_report_that_waited_and_whose_hash_has_ended_keeps_its_age() -> None:
    world = World()
    worker = world.start_worker(MEDIUM)
    stopped = world.start_replica()
    world.pass_(1.0)
    stopped.freeze()
    worker.set_state("web:1", SessionState.THINKING, None)
    worker.die()
    world.pass_(34.0)
    assert worker.taken[-1].record.ttl_ms < 34_000
    stopped.thaw()
    world.pass_(8.0)
    assert stopped.snapshot()["sessions"] == []


def test_a_subscription_that_was_closed_while_a_replica_was_stopped_brought_nothing_since_the_stop() -> None:
    world = World()
    worker = world.start_worker()
    stopped, other = world.start_replica(), world.start_replica()
    world.pass_(1.0)
    stopped.freeze()
    world.redis.replicate()
    worker.fail("web:2", "boom")
    world.pass_(0.05)
    world.fail_over()
    worker.set_state("web:3", SessionState.STREAMING, None)
    world.pass_(5.3)
    worker.die()
    world.pass_(20.0)
    stopped.thaw()
    world.pass_(10.0)
    assert stopped.snapshot()["sessions"] == other.snapshot()["sessions"]


def test_a_late_copy_of_a_dead_workers_report_after_a_wipe_revives_it_in_no_replica_that_knew_it() -> None:
    world = World()
    worker = world.start_worker()
    replica = world.start_replica()
    worker.fate, worker.fate_seconds = Fate.TWICE, 25.0
    worker.set_state("web:1", SessionState.THINKING, None)
    world.pass_(0.1)
    worker.die()
    world.wipe()
    world.pass_(35.0)
    assert replica.snapshot()["sessions"] == []
    world.end()


def test_a_wipe_makes_no_worker_forgotten_whose_reports_are_only_read() -> None:
    world = World()
    worker = world.start_worker(SHORT)
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.is_mute = True
    for _ in range(10):
        world.wipe()
        for _ in range(37):
            world.pass_(0.1)
            assert [row["state"] for row in replica.snapshot()["sessions"]] == ["thinking"]


def test_a_reading_that_waited_while_a_replica_was_stopped_makes_no_worker_lost() -> None:
    world = World()
    worker = world.start_worker(SHORT)
    replica = world.start_replica()
    world.pass_(1.0)
    replica.want_reading()
    replica.freeze()
    world.pass_(2.5)
    worker.link.is_cut = True
    world.pass_(0.4)
    replica.thaw()
    assert not any(known.is_lost for known in replica.fleet.workers)
    assert not replica.is_fresh


def test_a_hash_that_ends_sooner_than_it_seems_gives_a_dead_worker_no_second_grace() -> None:
    world = World()
    worker = world.start_worker(
        Settings(namespace="model", heartbeat_seconds=0.5, lease_seconds=20, error_ttl_seconds=0)
    )
    replica = world.start_replica()
    world.pass_(1.0)
    replica.freeze()
    worker.open("web:1")
    world.pass_(0.2)
    worker.die()
    world.pass_(0.7)
    replica.thaw()  # its report seems to be younger than it is, and so its hash
    world.pass_(2.0)
    world.redis.takes_writes = False
    world.pass_(29.0)
    world.redis.takes_writes = True
    world.pass_(6.0)
    assert replica.is_fresh
    assert replica.snapshot()["sessions"] == []


def test_a_report_that_comes_with_the_verdict_makes_none_right_that_an_older_copy_made_wrong() -> None:
    world = World()
    worker = world.start_worker(MEDIUM)
    world.start_replica()
    world.pass_(0.5)
    world.redis.replicate()
    world.redis.is_mute = True
    world.pass_(5.0)  # a heartbeat that is not published, and is lost
    world.fail_over()
    world.calm()
    assert worker.is_live


def test_a_replica_that_misdates_a_report_goes_by_it_while_a_wipe_has_taken_the_next_one() -> None:
    world = World()
    worker = world.start_worker()
    world.pass_(1.0)
    world.redis.is_mute = True
    worker.fail("web:1", "boom")
    world.pass_(0.2)
    world.step_clock(5.0)
    replica = world.start_replica()
    worker.open("web:2")
    world.pass_(0.1)
    world.wipe()
    worker.link.is_cut = True
    replica.want_reading()
    world.pass_(11.0)
    assert replica.fleet.worker(worker.name) is None
    world.calm()
    assert {row["session_key"] for row in replica.snapshot()["sessions"]} == {"web:1", "web:2"}
