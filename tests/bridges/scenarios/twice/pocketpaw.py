"""PocketPaw: two subscribers on its bus."""

from unittest import mock

from agent_status_publisher.integrations.pocketpaw import Bus, StatusSubscriber, bridge
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import pocketpaw

PACKAGES = pocketpaw.PACKAGES


def _bridge_twice(bus: Bus, publisher: RecordingPublisher) -> StatusSubscriber:
    bridge(bus, publisher)
    return bridge(bus, publisher)


def _twice(publisher: RecordingPublisher) -> None:
    with mock.patch.object(pocketpaw, "bridge", _bridge_twice):
        pocketpaw.SCENARIOS["plain_run"](publisher)


SCENARIOS = {"once": pocketpaw.SCENARIOS["plain_run"], "twice": _twice}
