"""The notifier: reads a gateway, looks by its rules, and hands what is due to the deliveries.

Each part of the fleet that rules look at is read by a thread of its own. All else happens here, in one loop.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from queue import Empty, Queue
from typing import Final

from agent_status_gateway.cli.notify.attention.gathering import Gathering, Item
from agent_status_gateway.cli.notify.attention.occurrences import occurrences
from agent_status_gateway.cli.notify.attention.vigil import Sight, Vigil
from agent_status_gateway.cli.notify.delivery import Delivery
from agent_status_gateway.cli.notify.ledger.ends_first import EndsFirst
from agent_status_gateway.cli.notify.ledger.ledger import LedgerError
from agent_status_gateway.cli.notify.metrics import Metrics
from agent_status_gateway.cli.notify.part import Part
from agent_status_gateway.cli.notify.rule_view import view_for
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.rules.rule_file import RuleFile
from agent_status_gateway.cli.notify.rules.when import OF_ALL
from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import RefusedError
from agent_status_gateway.cli.terminal.view import News, Trouble
from agent_status_gateway.state.views.view import View

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.2
MOST_UNREAD: Final = 100
STOP_SECONDS: Final = 5.0
"""Seconds in which what waits is told, after the end was asked for."""


class End(threading.Event):
    """An event that is set when the end is asked for, and the moment of that.

    Attributes:
        asked_at: Monotonic seconds of the first `set()`; infinity before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked_at = float("inf")

    def set(self) -> None:
        """Ask for the end."""
        self.asked_at = min(self.asked_at, time.monotonic())
        super().set()


class Notifier:
    """The loop. `make_reader` makes a reader of a part of the fleet, with the key of now."""

    def __init__(
        self,
        rule_file: RuleFile,
        make_reader: Callable[[View], Reader],
        deliveries: Mapping[str, Delivery],
        ledger: EndsFirst,
        metrics: Metrics,
        *,
        catches_up: bool = False,
    ) -> None:
        began_at = time.monotonic()
        self._file = rule_file
        self._deliveries = deliveries
        self._ledger = ledger
        self._metrics = metrics
        views = dict.fromkeys(map(view_for, rule_file.rules))
        self._parts = {view: Part(partial(make_reader, view)) for view in views}
        self._vigils = [_vigil(rule, began_at, catches_up=catches_up) for rule in rule_file.rules]
        self._gathering = Gathering()
        self._unread: Queue[tuple[Part, News]] = Queue(MOST_UNREAD)
        self._said: tuple[bool, bool] | None = None

    def run(self, end: End) -> None:
        """Notify until the end is asked for, and then tell what waits.

        Raises:
            RefusedError: The gateway refuses, or the address is not a gateway's.
        """
        for delivery in self._deliveries.values():
            delivery.start(self._may_tell)
        for part in self._parts.values():
            threading.Thread(target=self._read, args=(part,), name="reader", daemon=True).start()
        try:
            while not end.is_set():
                self._take_news()
                self._look(time.monotonic())
        finally:
            # A ledger that hangs may have held the loop since the end was asked for.
            self._end(min(end.asked_at, time.monotonic()) + STOP_SECONDS)

    def _read(self, part: Part) -> None:
        try:
            for news in part.read_news():
                self._unread.put((part, news))
        except Exception as error:  # noqa: BLE001 - the loop must learn that no more news will come
            reason = f"reading failed: {error!r}"
            self._unread.put((part, Trouble(reason=reason, retry_at=time.monotonic(), is_final=True)))

    def _take_news(self) -> None:
        """Take the news of a tick."""
        timeout = TICK_SECONDS
        for _ in range(MOST_UNREAD):
            try:
                part, news = self._unread.get(timeout=timeout)
            except Empty:
                return
            timeout = 0.001
            if isinstance(news, Trouble) and news.is_final:
                raise RefusedError(news.reason)
            part.take(news)

    def _look(self, now: float) -> None:
        self._say_whether_current(now)
        due: list[Item] = []
        over: list[tuple[Rule, Sight]] = []
        for number, (rule, vigil) in enumerate(zip(self._file.rules, self._vigils, strict=True)):
            part = self._parts[view_for(rule)]
            if not part.known.as_of(now).is_current(now):
                vigil.look_away()
                continue
            if part.is_new and (snapshot := part.known.snapshot(now)) is not None:
                vigil.look(occurrences(snapshot, rule.when), now)
            if sight := vigil.take_over():
                over.append((rule, sight))
            if episodes := vigil.take_due(now):
                due += [Item(number, rule, episode) for episode in episodes]
                self._gathering.add(number, rule, episodes, now)
        for part in self._parts.values():
            if part.known.as_of(now).is_current(now):
                part.is_new = False
        self._note_over(over)
        self._note([item for item in due if not item.episode.is_old])
        self._hand_over(now)

    def _note_over(self, over: Sequence[tuple[Rule, Sight]]) -> None:
        """Note what is over. Without anything, the ledger tries again what it could not note before."""
        names = [(name, rule, sight) for rule, sight in over for name in dict.fromkeys(rule.to)]
        self._ledger.end([self._deliveries[name].over_entry(rule, sight) for name, rule, sight in names])

    def _note(self, due: Sequence[Item]) -> None:
        """Note what is due, all in one question: a ledger that hangs must not hold the loop for each rule."""
        for item in due:
            self._metrics.due(item.rule.when.state)
        entries = [entry for item in due for name in item.rule.to for entry in self._deliveries[name].entries([item])]
        if not entries:
            return
        try:
            self._ledger.note(entries)
        except LedgerError as error:
            logger.warning("what is due cannot be noted, and would be lost at a death: %s", error)

    def _hand_over(self, now: float) -> None:
        for target, items in self._gathering.take_ready(now, is_quiet=self._is_quiet(), is_current=self._is_current):
            self._deliveries[target].offer(items)
        for target, count in self._gathering.take_dropped():
            self._metrics.messages(target, "dropped", count)
            logger.error("target %s: too much is held in quiet hours: the %d oldest are dropped", target, count)

    def _may_tell(self, item: Item) -> bool:
        return self._is_current(item.number) and not (item.rule.quiet_hours and self._is_quiet())

    def _end(self, last_moment: float) -> None:
        """Tell what waits until the last moment."""
        self._hand_over(float("inf"))
        for delivery in self._deliveries.values():
            delivery.stop()
        for delivery in self._deliveries.values():
            if not delivery.join(max(0.0, last_moment - time.monotonic())):
                logger.warning("the end has come before all was told: the rest is left to the next start")

    def _is_current(self, number: int) -> bool:
        now = time.monotonic()
        return self._parts[view_for(self._file.rules[number])].known.as_of(now).is_current(now)

    def _say_whether_current(self, now: float) -> None:
        known = [part.known.as_of(now) for part in self._parts.values()]
        is_current = all(one.is_current(now) for one in known)
        self._metrics.current(is_current=is_current)
        state = is_current, any(part.is_refused for part in self._parts.values())
        if state != self._said:
            reasons = "; ".join(dict.fromkeys(filter(None, (one.condition(now) for one in known))))
            if is_current:
                logger.info("reading %s", ", ".join(part.source for part in self._parts.values()))
            elif reasons:
                logger.warning("nothing is told for now: %s", reasons)
            else:
                return
            self._said = state

    def _is_quiet(self) -> bool:
        hours = self._file.quiet_hours
        return hours is not None and hours.cover(_local_now(self._file.timezone).time())


def _vigil(rule: Rule, began_at: float, *, catches_up: bool) -> Vigil:
    seconds = rule.when.quiet_seconds or rule.when.for_seconds
    return Vigil(
        seconds, began_at, catches_up=catches_up, lasts=rule.when.state == "ended", is_of_all=rule.when.state in OF_ALL
    )


def _local_now(zone: tzinfo | None) -> datetime:
    return datetime.now(zone) if zone is not None else datetime.now().astimezone()
