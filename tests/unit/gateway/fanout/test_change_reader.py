"""What a client of change events is written, and when it asks."""

from agent_status_gateway.fanout.change_reader import ChangeReader
from agent_status_gateway.fanout.events.changes import Change
from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.places import Limits
from chaos.workers.reports import session
from tests.support.builders.frames import change_to, frame_of
from tests.support.builders.lines import Listener, new_hub

EMPTY = frame_of()


class Reader(Listener):
    def __init__(self, *, wants_feed: bool = False) -> None:
        super().__init__(new_hub(Limits(clients=9)), EMPTY, wants_changes=True, wants_feed=wants_feed, feed=b"feed")
        assert isinstance(self.client, ChangeReader)
        self.reader = self.client
        self.asked = 0
        self.reader._ask = self._count

    def _count(self, _client: object) -> None:
        self.asked += 1


def change(key: str = "web:1") -> Change:
    return change_to(session(key), base_id=EMPTY.id)


def update(made: Change, *, version: int = 1, base: int = 0) -> Update:
    return Update(made.id, version, None, {base: made})


# change_reader: Rule 1
def test_a_change_from_the_clients_version_is_written_and_is_its_version_then() -> None:
    reader = Reader()
    reader.client.update(update(change()))
    assert reader.taken() == [change().event]
    assert reader.reader.version == 1
    reader.client.update(update(change()))
    assert reader.taken() == [], "it has this id"


# change_reader: Rule 1
def test_a_change_from_another_version_is_not_written_and_the_client_asks() -> None:
    reader = Reader()
    reader.client.update(update(change(), version=7, base=6))
    assert (reader.taken(), reader.asked) == ([], 1)


# change_reader: Rule 1
def test_without_a_change_from_its_version_the_client_gets_the_whole_snapshot() -> None:
    reader, whole = Reader(), frame_of(session("web:1"))
    reader.client.update(Update(whole.id, 5, whole, {4: change()}))
    assert reader.taken() == [whole.event]
    assert reader.reader.version == 5


def test_an_update_that_is_older_than_what_was_written_is_not_written() -> None:
    reader = Reader()
    reader.client.update(update(change("web:2"), version=3))
    reader.taken()
    whole = frame_of(session("web:1"))
    reader.client.update(Update(whole.id, 2, whole, {}))
    assert (reader.taken(), reader.asked) == ([], 1)


# change_reader: Rule 2
def test_nothing_waits_for_a_blocked_client_and_it_asks_when_it_has_room() -> None:
    reader = Reader()
    reader.block()
    reader.client.update(update(change()))
    reader.client.update(update(change("web:2"), version=2))
    assert reader.client._counts.conflated == 1
    assert reader.asked == 0
    reader.unblock()
    assert (reader.taken(), reader.asked) == ([], 1)
    reader.unblock()
    assert reader.asked == 1, "once"


# change_reader: Rule 2
def test_the_state_of_the_feed_goes_first_to_a_client_that_has_room_again() -> None:
    reader = Reader(wants_feed=True)
    reader.block()
    reader.client.update(update(change()))
    reader.client.offer_feed(b"lost")
    reader.unblock()
    assert (reader.taken(), reader.asked) == ([b"lost"], 1)


def test_a_client_needs_a_change_from_its_version_unless_it_has_these_rows_or_has_no_room() -> None:
    reader = Reader()
    assert reader.reader.base("other") == EMPTY.id
    assert reader.reader.base(EMPTY.id) is None
    reader.block()
    assert reader.reader.base("other") is None
