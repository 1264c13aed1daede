"""Pure: what differs between two versions of a view as bytes, made once for all clients that have the older one.

Each event is `event: change`, `data:` on one line right after it, then `id:`, LF only. Its global status and its rows
are byte for byte those of a frame of the same moment.
"""

from collections.abc import Iterable
from typing import Final

import orjson

from agent_status_gateway.fanout.events.frames import SHORT_ENDS, Event, Piece, end_of_event, ends_in_parts, in_parts
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import Form
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps

HEAD: Final = b"event: change\ndata: "


class Change(Event):
    """One change as bytes. A large one comes in pieces, as a frame does; a short one is stored in a gzip stream.

    Attributes:
        id: The id of the rows that the change leads to.
        base_id: The id of the rows that it is applied to.
    """

    def __init__(self, *, base_id: str, id_: str, event: bytes, rest: tuple[Piece, ...] = ()) -> None:
        super().__init__(id_=id_, event=event, rest=rest)
        self.base_id = base_id


def encode_change(
    base_id: str,
    id_: str,
    status: GlobalStatus,
    rows: Iterable[Row],
    gone: Iterable[str],
    now: float,
    form: Form = Row.json,
    ends: Iterable[bytes] | None = None,
) -> Steps[Change]:
    """Encode a change, in steps during which its rows must not change.

    Args:
        base_id: The id of the rows that the change is applied to.
        id_: The id of the rows that it leads to.
        status: The global status of the rows that it leads to.
        rows: The rows that are new or different, by session key.
        gone: The session keys without a row now, in order. A client may know nothing of some of them.
        now: The moment that durations refer to, in seconds on the replica's monotonic clock.
        form: How a row is written.
        ends: The ends that are new or different, as JSON, the newest first; None if the reader has not asked for them.
    """
    head = b'%b{"from":"%b","global":%b,"sessions":[' % (HEAD, base_id.encode(), orjson.dumps(status))
    shown = yield from in_parts(form(row, now) for row in rows)
    left = yield from in_parts(map(orjson.dumps, gone))
    told = [] if ends is None else (yield from ends_in_parts(ends))
    end = b"]}" + end_of_event(id_)
    if len(shown) > 1 or len(left) > 1 or len(told) > SHORT_ENDS:
        rest = tuple(map(Piece, (*shown, b'],"gone":[', *left, *told, end)))
        return Change(base_id=base_id, id_=id_, event=head, rest=rest)
    event = b"".join([head, *shown, b'],"gone":[', *left, *told, end])
    return Change(base_id=base_id, id_=id_, event=event)
