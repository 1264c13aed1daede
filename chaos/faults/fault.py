"""Every fault by name: how it is done, on what stage, and by when the snapshot must be right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chaos.faults import clocks, failover, messages, processes, servers
from chaos.servers.cut_off_server import CutOffServer
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.servers.redis_server import RedisServer
from chaos.stage import Recovery, Stage
from chaos.terms import Terms
from chaos.wall_clock import WallClock


def ordinary(terms: Terms, as_processes: bool) -> Stage:
    return Stage(terms, as_processes=as_processes)


def in_processes(terms: Terms, _as_processes: bool) -> Stage:
    return Stage(terms, as_processes=True)


def on_a_server_that_keeps(terms: Terms, as_processes: bool) -> Stage:
    server = RedisServer("--appendonly", "yes", "--appendfsync", "always")
    return Stage(terms, server=server, as_processes=as_processes)


def on_a_slow_loader(terms: Terms, as_processes: bool) -> Stage:
    return Stage(terms, server=servers.slow_loader(), as_processes=as_processes)


def behind_a_network(terms: Terms, as_processes: bool) -> Stage:
    server = CutOffServer()
    return Stage(terms, server=server, redis_url=server.tcp_url, as_processes=as_processes)


def with_wrong_clocks(terms: Terms, _as_processes: bool) -> Stage:
    wrong = WallClock(clocks.HOUR_SECONDS), WallClock(-clocks.HOUR_SECONDS)
    return Stage(terms, as_processes=True, clocks=wrong)


def with_a_clock_of_redis(terms: Terms, as_processes: bool) -> Stage:
    clock = WallClock()
    return Stage(terms, server=RedisServer(wrapper=clock.wrapper), server_clock=clock, as_processes=as_processes)


def behind_a_sentinel(terms: Terms, as_processes: bool) -> Stage:
    return failover.FailoverStage(terms, RedisSentinel(), as_processes=as_processes)


def in_a_cluster(terms: Terms, as_processes: bool) -> Stage:
    return failover.FailoverStage(terms, RedisCluster(), as_processes=as_processes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The bound is the snapshot's; a stream shows it a debounce later at most.

    Attributes:
        is_long: A run lasts minutes.
        setting: Makes the stage; the flag asks for replicas that are processes.
    """

    name: str
    bound: str
    bound_seconds: Callable[[Terms], float]
    act: Callable[[Stage], Recovery]
    setting: Callable[[Terms, bool], Stage] = field(default=ordinary)
    is_long: bool = False

    def suffer(self, stage: Stage) -> Recovery:
        """Do it, and hold the recovery against the bound, and what readers of changes have against the snapshot."""
        recovery = self.act(stage)
        bound_seconds = self.bound_seconds(stage.terms) + stage.terms.looking_seconds
        assert recovery.snapshot_seconds <= bound_seconds, (self.name, recovery, bound_seconds)
        assert recovery.stream_seconds <= bound_seconds + stage.terms.debounce_seconds, (self.name, recovery)
        stage.check_folds()
        return recovery


def _one_second(_terms: Terms) -> float:
    return 1.0


def _three_seconds(_terms: Terms) -> float:
    return 3.0


def _heartbeats(terms: Terms, count: int = 1, more_seconds: float = 0.0) -> float:
    return count * terms.heartbeat_seconds + more_seconds


def _lease_and_a_second(terms: Terms) -> float:
    return terms.lease_seconds + 1


_ALL: Final = (
    Fault(
        name="worker-killed",
        bound="lease + 1 s",
        bound_seconds=_lease_and_a_second,
        act=processes.kill_a_worker,
    ),
    Fault(name="worker-frozen", bound="heartbeat", bound_seconds=_heartbeats, act=processes.freeze_a_worker),
    Fault(name="worker-restarted", bound="1 s", bound_seconds=_one_second, act=processes.restart_a_worker),
    Fault(name="worker-handed-over", bound="1 s", bound_seconds=_one_second, act=processes.hand_a_worker_over),
    Fault(name="session-moved", bound="1 s", bound_seconds=_one_second, act=processes.move_a_session),
    Fault(
        name="gateway-killed",
        bound="retry + 1 s",
        bound_seconds=_one_second,
        act=processes.kill_a_gateway,
        setting=in_processes,
    ),
    Fault(
        name="event-loop-blocked",
        bound="1 s",
        bound_seconds=_one_second,
        act=processes.block_an_event_loop,
        is_long=True,
    ),
    Fault(name="message-lost", bound="heartbeat", bound_seconds=_heartbeats, act=messages.lose_a_message),
    Fault(name="messages-malformed", bound="1 s", bound_seconds=_one_second, act=messages.say_nonsense),
    Fault(name="messages-repeated", bound="1 s", bound_seconds=_one_second, act=messages.repeat_old_reports),
    Fault(
        name="message-from-the-future",
        bound="3 heartbeats",
        bound_seconds=partial(_heartbeats, count=3),
        act=messages.forge_the_future,
    ),
    Fault(name="hash-forged", bound="heartbeat", bound_seconds=_heartbeats, act=messages.forge_the_hash),
    Fault(
        name="stranger",
        bound="lease + 1 s",
        bound_seconds=_lease_and_a_second,
        act=messages.say_for_a_stranger,
    ),
    Fault(
        name="channel-silent",
        bound="2 heartbeats",
        bound_seconds=partial(_heartbeats, count=2),
        act=messages.silence_the_channel,
    ),
    Fault(
        name="channel-forbidden",
        bound="2 heartbeats",
        bound_seconds=partial(_heartbeats, count=2),
        act=messages.forbid_the_channel,
    ),
    Fault(name="subscriptions-killed", bound="1 s", bound_seconds=_one_second, act=servers.lose_subscriptions),
    Fault(name="scripts-flushed", bound="1 s", bound_seconds=_one_second, act=servers.forget_the_scripts),
    Fault(
        name="redis-restarted-empty",
        bound="heartbeat + 1 s",
        bound_seconds=partial(_heartbeats, more_seconds=1),
        act=servers.restart,
    ),
    Fault(
        name="redis-restarted-whole",
        bound="heartbeat + 1 s",
        bound_seconds=partial(_heartbeats, more_seconds=1),
        act=servers.restart,
        setting=on_a_server_that_keeps,
    ),
    Fault(
        name="redis-flushed",
        bound="heartbeat + 1 s",
        bound_seconds=partial(_heartbeats, more_seconds=1),
        act=servers.flush_everything_under_load,
    ),
    Fault(name="redis-away", bound="3 s", bound_seconds=_three_seconds, act=servers.be_away, is_long=True),
    Fault(name="redis-half-open", bound="3 s", bound_seconds=_three_seconds, act=servers.stop_answering),
    Fault(
        name="redis-cut-off",
        bound="3 s",
        bound_seconds=_three_seconds,
        act=servers.drop_its_packets,
        setting=behind_a_network,
    ),
    Fault(name="subscriber-dropped", bound="1 s", bound_seconds=_one_second, act=servers.overflow_the_subscribers),
    Fault(
        name="redis-loading",
        bound="3 s",
        bound_seconds=_three_seconds,
        act=servers.load_for_long,
        setting=on_a_slow_loader,
    ),
    Fault(
        name="sentinel-failover",
        bound="heartbeat + 1 s",
        bound_seconds=partial(_heartbeats, more_seconds=1),
        act=failover.fail_over_without_the_last_writes,
        setting=behind_a_sentinel,
    ),
    Fault(
        name="cluster-failover",
        bound="heartbeat + 1 s",
        bound_seconds=partial(_heartbeats, more_seconds=1),
        act=failover.fail_over_without_the_last_writes,
        setting=in_a_cluster,
    ),
    Fault(
        name="clocks-stepped",
        bound="lease + 1 s",
        bound_seconds=_lease_and_a_second,
        act=clocks.step_the_clocks_of_all,
        setting=with_wrong_clocks,
    ),
    Fault(
        name="redis-clock-stepped",
        bound="lease + 1 s",
        bound_seconds=_lease_and_a_second,
        act=clocks.step_the_clock_of_redis,
        setting=with_a_clock_of_redis,
    ),
    *(
        Fault(
            name=f"redis-{refusal.lower()}",
            bound="3 s",
            bound_seconds=_three_seconds,
            act=partial(servers.refuse, refusal=refusal),
        )
        for refusal in ("OOM", "READONLY", "NOAUTH")
    ),
)
FAULTS: Final = {fault.name: fault for fault in _ALL}
