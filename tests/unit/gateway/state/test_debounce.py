"""When a change is sent."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.state.debounce import NEVER, Debounce
from chaos.workers.reports import session
from tests.support.builders.frames import frame_of
from tests.support.builders.lines import Listener, at_once, broadcast, new_hub

WINDOW = 1.0


A, B, C = "a", "b", "c"


def quiet() -> Debounce:
    debounce = Debounce(WINDOW)
    debounce.note(A, 0.0)
    return debounce


def test_the_first_snapshot_opens_no_window() -> None:
    assert quiet().closes_at == NEVER


# debounce: Rule 1
def test_the_first_change_after_quiet_opens_a_window() -> None:
    debounce = quiet()
    debounce.note(B, 5.0)
    assert not debounce.is_due(5.9)
    assert debounce.is_due(6.0)


def test_further_changes_do_not_move_the_windows_end() -> None:
    debounce = quiet()
    debounce.note(B, 5.0)
    debounce.note(C, 5.9)
    assert debounce.closes_at == 6.0


# debounce: Rule 2
def test_going_back_inside_a_window_still_closes_it_since_a_client_may_have_joined() -> None:
    debounce = quiet()
    debounce.note(B, 5.0)
    debounce.note(A, 5.5)
    assert debounce.is_due(6.0)


def test_after_the_close_all_is_quiet_until_the_next_change() -> None:
    debounce = quiet()
    debounce.note(B, 5.0)
    debounce.sent(B)
    debounce.note(B, 6.5)
    assert debounce.closes_at == NEVER
    debounce.note(A, 7.0)
    assert debounce.closes_at == 8.0


def test_without_a_window_every_change_is_due_at_once() -> None:
    debounce = Debounce(0.0)
    debounce.note(A, 0.0)
    debounce.note(B, 5.0)
    assert debounce.is_due(5.0)


def frame(tool: str, made_at: float) -> Frame:
    return frame_of(session("web:1", "tool_running", tool=tool), made_at=made_at)


@dataclass
class Reader:
    """A client that reads at once, and when it got what."""

    listener: Listener
    got: list[tuple[float, str]] = field(default_factory=list)

    def read(self, now: float) -> None:
        for chunk in self.listener.taken():
            self.got.append((now, chunk.partition(b'"tool_name":"')[2][:1].decode()))


# debounce: Rule 3
@given(
    st.lists(
        st.tuples(st.floats(0.01, 1.2), st.sampled_from("ABC"), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_changes_a_client_gets_one_event_a_window_and_ends_with_the_truth(
    steps: list[tuple[float, str, bool]],
) -> None:
    debounce, hub = Debounce(WINDOW), new_hub(Limits(clients=100))
    readers: list[Reader] = []
    now, state = 0.0, "A"
    debounce.note(frame(state, now).id, now)

    def speak_until(moment: float) -> None:
        while debounce.closes_at <= moment:
            at = debounce.closes_at
            newest = frame(state, at)
            debounce.note(newest.id, at)
            debounce.sent(newest.id)
            at_once(broadcast(hub, newest))
            for reader in readers:
                reader.read(at)

    for wait, wanted, joins in steps:
        speak_until(now + wait)
        now += wait
        state = wanted
        if joins:
            first = frame(state, now)
            debounce.note(first.id, now)
            readers.append(Reader(Listener(hub, first), [(now, "first")]))
        else:
            debounce.note(frame(state, now).id, now)
    speak_until(now + 3 * WINDOW)

    for reader in readers:
        moments = [moment for moment, _ in reader.got[1:]]
        assert all(later - earlier >= WINDOW - 1e-9 for earlier, later in pairwise(moments))
        assert reader.listener.client._written_id == frame(state, now).id
