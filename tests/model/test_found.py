"""Histories that showed a wrong picture once, each at its shortest."""

from publisher.settings import Settings
from publisher.wire import SessionState
from tests.model.world import World


def test_a_replica_that_was_stopped_while_a_worker_died_calls_it_lost_when_the_others_do() -> None:
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
    assert stopped.picture()["sessions"] == other.picture()["sessions"]
    assert stopped.picture()["global"]["state"] == "degraded"


def test_a_replica_that_was_stopped_while_redis_was_away_gives_the_workers_time_to_speak_again() -> None:
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


def test_a_step_of_rediss_clock_makes_nobody_lost_whose_word_a_running_replica_missed() -> None:
    world = World()
    worker = world.start_worker(Settings(namespace="model", heartbeat_seconds=1))
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.replicate()
    world.redis.is_mute = True
    worker.say("web:1", SessionState.STREAMING, None)
    world.pass_(0.01)
    world.step_clock(20.0)
    replica.want_reading()
    world.pass_(0.01)
    assert [row["state"] for row in replica.picture()["sessions"]] == ["streaming"]
    replica.want_reading()
    world.pass_(0.01)
    assert [row["state"] for row in replica.picture()["sessions"]] == ["streaming"]


def test_a_step_of_rediss_clock_makes_no_newcomer_lost_whom_a_running_replica_only_reads() -> None:
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
        assert [row["state"] for row in replica.picture()["sessions"]] == ["thinking"]


def test_a_redis_that_refused_writes_for_longer_than_a_lease_makes_nobody_lost() -> None:
    world = World()
    worker = world.start_worker()
    worker.open("web:1")
    replica = world.start_replica()
    world.pass_(1.0)
    world.redis.takes_writes = False
    world.pass_(20.0)
    assert not replica.is_hearing
    world.redis.takes_writes = True
    for _ in range(100):
        world.pass_(0.1)
        assert [row["state"] for row in replica.picture()["sessions"]] == ["thinking"]
    assert replica.is_hearing


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
    assert replica.picture()["sessions"] == []
