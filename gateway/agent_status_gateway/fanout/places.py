"""Pure: the places of open streams, counted by key, address and view, and how many there may be."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, TypeVar

from agent_status_gateway.fanout.address import counted_as
from agent_status_gateway.fanout.client import Peer
from agent_status_gateway.state.views.view import WHOLE, View

Name = TypeVar("Name", bound=Hashable)
_NONE: Final[Counter[View]] = Counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most open streams: in all, per key and per address, and the most views of them. None means unlimited.

    The whole snapshot is not counted among the views.
    """

    clients: int
    clients_per_key: int | None = None
    clients_per_address: int | None = None
    views: int | None = None
    views_per_key: int | None = None


class Places:
    """The places that are taken."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._taken = 0
        self._by_key: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()
        self._views: Counter[View] = Counter()
        self._views_by_key: dict[str, Counter[View]] = {}

    def count(self, key_name: str) -> int:
        """Count the places of this key."""
        return self._by_key[key_name]

    def why_full(self, key_name: str, address: str, view: View = WHOLE) -> str | None:
        """The reason for refusing another stream; None if there is room."""
        limits = self.limits
        of_key = self._views_by_key.get(key_name, _NONE)
        of_address = 0 if limits.clients_per_address is None else self._by_address[counted_as(address)]
        bounds = (
            (self._taken, limits.clients, "this replica is full"),
            (self._by_key[key_name], limits.clients_per_key, "this key has as many streams as it may have here"),
            (of_address, limits.clients_per_address, "this address has as many streams as it may have here"),
            (_other(self._views, view), limits.views, "this replica has as many views as it may have"),
            (_other(of_key, view), limits.views_per_key, "this key has as many views as it may have here"),
        )
        return next((reason for taken, most, reason in bounds if most is not None and taken >= most), None)

    def take(self, peer: Peer, view: View) -> None:
        """Take a place."""
        self._taken += 1
        self._by_key[peer.key_name] += 1
        self._by_address[counted_as(peer.address)] += 1
        if not view.is_whole:
            self._views[view] += 1
            self._views_by_key.setdefault(peer.key_name, Counter())[view] += 1

    def give_back(self, peer: Peer, view: View) -> None:
        """Give a place back."""
        self._taken -= 1
        _count_down(self._by_key, peer.key_name)
        _count_down(self._by_address, counted_as(peer.address))
        if not view.is_whole:
            _count_down(self._views, view)
            of_key = self._views_by_key[peer.key_name]
            _count_down(of_key, view)
            if not of_key:
                del self._views_by_key[peer.key_name]


def _count_down(counter: Counter[Name], name: Name) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]


def _other(views: Counter[View], view: View) -> int:
    """Count the views if this one is another."""
    return 0 if view.is_whole or view in views else len(views)
