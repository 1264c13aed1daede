"""The way to one target: what waits for it, and the thread that tells it, again and again where that fails.

Rule 1. What is told is claimed in the ledger first, and settled after. Between the two a death may repeat a message.
Rule 2. A failure is followed by another try after a second, and after twice as long each time, up to a minute, or after
        what the target asks for. A refusal is not. Messages wait behind the one that is tried.
Rule 3. What is over before a try is not told any more. What may not be told at a try, since it is quiet or the snapshot
        is not current, waits.
Rule 4. What waits has a limit. What comes then is dropped and counted. The log says how much it was, once a minute.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Final

from agent_status_gateway.cli.notify.attention.gathering import Item
from agent_status_gateway.cli.notify.attention.message import Message, write_message
from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS
from agent_status_gateway.cli.notify.attention.vigil import Sight
from agent_status_gateway.cli.notify.backlog import Backlog
from agent_status_gateway.cli.notify.ledger.ledger import Claim, Entry, Ledger, LedgerError, name_of
from agent_status_gateway.cli.notify.metrics import Metrics
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, Target, TargetError, Told

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 30.0
"""Seconds for which a claim lasts beyond the wait before a try: longer than any try takes."""
IDLE_SECONDS: Final = 0.25
LOOK_AGAIN_SECONDS: Final = 1.0
"""Seconds after which something is looked at again that may not be told now."""
SAY_SECONDS: Final = 60.0
"""Seconds between two lines about what is dropped."""


class Delivery:
    """The way to the target of this name. `clock` gives monotonic seconds, `wall_clock` those since 1970."""

    def __init__(
        self,
        name: str,
        target: Target,
        ledger: Ledger,
        metrics: Metrics,
        page_url: str = "",
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._target = target
        self._ledger = ledger
        self._metrics = metrics
        self._page_url = page_url
        self._clock = clock
        self._wall_clock = wall_clock
        self._waiting = Backlog(clock)
        self._lock = threading.Lock()
        self._dropped = 0
        self._say_at = float("-inf")
        self._may_tell: Callable[[Item], bool]
        self._stops = threading.Event()
        metrics.begin(name)
        self._thread = threading.Thread(target=self._run, name=f"tell-{name}", daemon=True)

    def start(self, may_tell: Callable[[Item], bool] = lambda _: True) -> None:
        """Begin to tell. `may_tell` says whether something may be told now; it is called by another thread."""
        self._may_tell = may_tell
        self._thread.start()

    def offer(self, items: Sequence[Item]) -> None:
        """Take a batch, which is told as soon as possible."""
        self._drop(self._waiting.add(items))
        self._metrics.waiting(self._name, self._waiting.batches)

    def _drop(self, count: int) -> None:
        """Count what does not fit, and say how much it was. The notifier's thread comes here as well as our own."""
        if count:
            self._metrics.messages(self._name, "dropped", count)
        with self._lock:
            self._dropped += count
            now = self._clock()
            if self._dropped and (now >= self._say_at or self._stops.is_set()):
                logger.error("target %s: too much waits for it: %d things are dropped", self._name, self._dropped)
                self._dropped, self._say_at = 0, now + SAY_SECONDS

    def stop(self) -> None:
        """Try what waits once more, and no more after that."""
        self._stops.set()

    def join(self, seconds: float) -> bool:
        """Wait that long for the end; False if something was left."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def entries(self, items: Sequence[Item]) -> list[Entry]:
        """The items as the ledger knows them."""
        now = self._clock()
        return [self._entry(item, now) for item in items]

    def over_entry(self, rule: Rule, sight: Sight) -> Entry:
        """Something that was true of all sessions, and is over, as the ledger knows it."""
        now = self._clock()
        return Entry(
            self._entry_name(rule, ALL_SESSIONS),
            age_seconds=now - sight.seen_at,
            untrue_seconds=now - sight.untrue_at,
            over_seconds=now - sight.over_at,
        )

    def _entry(self, item: Item, now: float) -> Entry:
        episode, sight = item.episode, item.episode.sight
        name = self._entry_name(item.rule, episode.occurrence.key)
        if sight is None:
            return Entry(name, now - episode.since, episode.is_old)
        return Entry(name, now - sight.seen_at, episode.is_old, now - sight.untrue_at)

    def _entry_name(self, rule: Rule, key: str) -> str:
        # What is true of all sessions has no session's key: it is of the rule's view.
        return name_of(rule.when.name, key or rule.view.query(), self._name)

    def _run(self) -> None:
        while True:
            items = self._waiting.take(IDLE_SECONDS)
            if items is None:
                self._drop(0)  # says what was dropped since the last line
                if self._stops.is_set():
                    return
                items = self._waiting.take_later()
            self._metrics.waiting(self._name, self._waiting.batches)
            try:
                self._tell(items)
            except Exception:
                logger.exception("target %s: a message was lost by a defect", self._name)

    def _tell(self, items: list[Item]) -> None:
        """Claim these items, and tell those that nobody else tells."""
        now = self._clock()
        once = {self._entry(item, now).name: item for item in self._tellable(items)}  # two rules may tell the same
        items = list(once.values())
        if not items:
            return
        messages: dict[str, list[Item]] = {}
        for item, claim in zip(items, self._claims(items), strict=True):
            if claim.id is not None:
                messages.setdefault(claim.id, []).append(item)
            elif claim.wait_seconds is not None:
                self._wait(claim.wait_seconds, item)
        for place, (id_, told) in enumerate(messages.items()):
            # The message before may have taken longer than the lease.
            self._tell_until_taken(id_, self._claimed_again(id_, told, 0.0) if place else told)

    def _tellable(self, items: Sequence[Item]) -> list[Item]:
        """Leave out what is over, and have wait what may not be told now."""
        tellable = []
        for item in items:
            if item.episode.is_over:
                continue
            if self._may_tell(item):
                tellable.append(item)
            else:
                self._wait(LOOK_AGAIN_SECONDS, item)
        return tellable

    def _wait(self, seconds: float, item: Item) -> None:
        self._drop(self._waiting.add_later(item, seconds))

    def _claims(self, items: list[Item]) -> list[Claim]:
        id_, wait_seconds = f"msg_{token_hex(16)}", FIRST_RETRY_SECONDS
        while True:
            try:
                return self._ledger.claim(self.entries(items), id_, LEASE_SECONDS)
            except LedgerError as error:
                logger.error("what was told cannot be looked up, so nothing is told: %s", error)  # noqa: TRY400
                if self._stops.wait(wait_seconds):
                    return [Claim(None)] * len(items)
                wait_seconds = min(2 * wait_seconds, LAST_RETRY_SECONDS)

    def _tell_until_taken(self, id_: str, items: list[Item]) -> None:
        wait_seconds = FIRST_RETRY_SECONDS
        while items := self._tellable(items):
            is_last = self._stops.is_set()
            sent = self._try(write_message(id_, self._name, items, self._clock(), self._page_url))
            self._count(sent)
            if not isinstance(sent, Failed):
                self._settle(items)
                return
            if is_last:
                self._claimed_again(id_, items, -LEASE_SECONDS)  # free for the next start at once
                logger.warning("target %s: stopped, and %d things are left to the next start", self._name, len(items))
                return
            pause = max(wait_seconds, sent.retry_after)
            wait_seconds = min(2 * wait_seconds, LAST_RETRY_SECONDS)
            logger.warning("target %s: %s; again in %g s", self._name, sent.reason, pause)
            items = self._claimed_again(id_, items, pause)
            if items:
                self._stops.wait(pause)

    def _try(self, message: Message) -> Sent:
        try:
            return self._target.tell(message, self._wall_clock())
        except TargetError as error:
            return Failed(str(error))
        except Exception as error:
            logger.exception("target %s has a defect", self._name)
            return Failed(f"a defect ({type(error).__name__})")

    def _claimed_again(self, id_: str, items: list[Item], pause: float) -> list[Item]:
        """Prolong the claim; what others have told in the meantime falls out, and what they are telling waits."""
        try:
            claims = self._ledger.claim(self.entries(items), id_, pause + LEASE_SECONDS)
        except LedgerError:
            return items
        kept = []
        for item, claim in zip(items, claims, strict=True):
            if claim.id == id_:
                kept.append(item)
            elif claim.wait_seconds is not None:
                self._wait(claim.wait_seconds, item)
        return kept

    def _settle(self, items: Sequence[Item]) -> None:
        try:
            self._ledger.settle(self.entries(items))
        except LedgerError as error:
            logger.error("what was told cannot be noted, and may be told again: %s", error)  # noqa: TRY400

    def _count(self, sent: Sent) -> None:
        match sent:
            case Told():
                self._metrics.messages(self._name, "told")
            case Refused(reason):
                self._metrics.messages(self._name, "refused")
                logger.error("target %s: %s: the message is not told", self._name, reason)
            case Failed():
                self._metrics.messages(self._name, "failed")
