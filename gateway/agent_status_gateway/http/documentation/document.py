"""The parts of the OpenAPI document that FastAPI cannot make: the fields of a query, and the events of the stream.

state/views/query.py and asked.py parse the fields, and fanout/events makes the events. So these are data for the
document only, and tests hold them against what is parsed and what is sent.
"""

from typing import Any, Final

from agent_status_gateway.http.answers.unavailable import SSE_MEDIA_TYPE
from agent_status_gateway.http.asking.asked import EVENT_KINDS, SUMMARY_EVENT_KINDS
from agent_status_gateway.http.asking.ended import ENDED, MAX_ENDED_SECONDS
from agent_status_gateway.http.asking.wait import MAX_WAIT_SECONDS, WAIT
from agent_status_gateway.state.views.fields import ALL, FIELD_NAMES
from agent_status_gateway.state.views.fields import FIELDS as ROW_FIELDS
from agent_status_gateway.state.views.stalls.stalled import MAX_STALLED_SECONDS, STALLED
from agent_status_gateway.state.views.summary.grouping import BY, CHANNEL
from agent_status_publisher.contract.details.labels import MAX_LABEL_NAME_CHARACTERS, MAX_LABEL_VALUE_CHARACTERS
from agent_status_publisher.contract.report import MAX_KEY_BYTES
from agent_status_publisher.contract.wire import SessionState

_CONTROLS: Final = r"\x00-\x1f\x7f-\x9f"
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_BYTES, "pattern": f"^[^{_CONTROLS}]+$"}
_CHANNEL: Final = _KEY | {"pattern": f"^[^{_CONTROLS}:,]+$"}
_LABEL: Final = {
    "type": "string",
    "pattern": (f"^[^{_CONTROLS}:]{{1,{MAX_LABEL_NAME_CHARACTERS}}}:[^{_CONTROLS}]{{0,{MAX_LABEL_VALUE_CHARACTERS}}}$"),
}


def _field(name: str, description: str, items: dict[str, Any], example: list[str]) -> dict[str, Any]:
    """Describe a field that may be repeated."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "array", "items": items},
        "style": "form",
        "explode": True,
        "example": example,
    }


VIEW: Final = [
    _field("channel", "Sessions of one of these channels. Takes commas, too.", _CHANNEL, ["web", "ci"]),
    _field(
        "state",
        "Sessions in one of these states. Takes commas, too.",
        {"type": "string", "enum": [state.value for state in SessionState]},
        ["waiting_for_user", "error"],
    ),
    _field("session", "One of these sessions, by `session_key`. Never split at commas.", _KEY, ["web:42"]),
    _field("parent", "Sessions whose parent is one of these. Never split at commas.", _KEY, ["ci:7"]),
    _field("label", "Sessions that have each of these labels, `name:value`.", _LABEL, ["team:web"]),
]
"""The fields of a view."""
FIELDS_OF_ROWS: Final = _field(
    ROW_FIELDS,
    "What each session says, too. Takes commas, too.",
    {"type": "string", "enum": [ALL, *FIELD_NAMES]},
    ["labels", "waiting_for"],
)
"""The fields that a session has only if they are asked for."""
ENDS: Final[dict[str, Any]] = {
    "name": ENDED,
    "in": "query",
    "required": False,
    "description": "The snapshot tells which sessions have ended, too, at most that many seconds ago.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ENDED_SECONDS},
    "example": 900,
}
"""How long ago sessions may have ended that are told."""
STALLED_AFTER: Final[dict[str, Any]] = {
    "name": STALLED,
    "in": "query",
    "required": False,
    "description": "Each session says whether it is `stalled`, too: it works, and its agent has made no call for that "
    "many seconds.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_STALLED_SECONDS},
    "example": 600,
}
"""After how many seconds a session is stalled."""
WAITING: Final[dict[str, Any]] = {
    "name": WAIT,
    "in": "query",
    "required": False,
    "description": "With `If-None-Match`: the most seconds that the answer is held until there is another snapshot.",
    "schema": {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS, "default": 0},
    "example": 25,
}
"""How long a request may be held."""
BY_FIELD: Final[dict[str, Any]] = {
    "name": BY,
    "in": "query",
    "required": False,
    "description": "What sessions are counted by: `channel`, `state`, `worker`, or `label.NAME` with a label's name.",
    "schema": {
        "type": "string",
        "pattern": rf"^(channel|state|worker|label\.[^{_CONTROLS}:]{{1,{MAX_LABEL_NAME_CHARACTERS}}})$",
        "default": CHANNEL,
    },
    "example": "state",
}
"""The field that says what a summary is counted by."""
EVENTS: Final = _field(
    "events",
    "`changes`: after the first snapshot, only what differs. `feed`: whether the feed from Redis is `live` or `lost`, "
    "too. `all` is `status` and `feed`. Takes commas, too.",
    {"type": "string", "enum": [*EVENT_KINDS]},
    ["changes", "feed"],
)
"""The kinds of events of a stream."""
SUMMARY_EVENTS: Final = _field(
    "events",
    "`feed`: whether the feed from Redis is `live` or `lost`, too. `status` is the summaries alone, and `all` is both. "
    "Takes commas, too.",
    {"type": "string", "enum": [*SUMMARY_EVENT_KINDS]},
    ["feed"],
)
"""The kinds of events of a stream of summaries."""


def _object(**properties: Any) -> dict[str, Any]:
    """Describe an object that always has all of these fields."""
    return {"type": "object", "required": [*properties], "properties": properties}


_SNAPSHOT: Final = {"$ref": "#/components/schemas/Snapshot"}
_KEYS: Final = {"type": "array", "items": {"type": "string"}}
CHANGE: Final = _object(
    **{
        "from": {"type": "string", "description": "The id of the event before it on this stream"},
        "global": {"$ref": "#/components/schemas/GlobalStatus"},
        "sessions": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/SessionStatus"},
            "description": "The sessions that are new or different, whole",
        },
        "gone": _KEYS | {"description": "The session keys that have no session now"},
    }
)
CHANGE["properties"]["ended"] = {
    "type": "array",
    "items": {"$ref": "#/components/schemas/EndedStatus"},
    "description": "With the query's `ended`: the sessions that have ended since, or whose end is told otherwise",
}
"""The data of a `change` event."""
FEED: Final = _object(
    state={"type": "string", "enum": ["live", "lost"]},
    since_seconds={"type": "number", "minimum": 0},
)
"""The data of a `feed` event."""
DATA: Final = {"status": _SNAPSHOT, "change": CHANGE, "feed": FEED}
"""The data of each kind of event, by its name."""
SUMMARY_DATA: Final = {"summary": {"$ref": "#/components/schemas/FleetSummary"}, "feed": FEED}
"""The data of each kind of event on a stream of summaries, by its name."""


def _event_stream(description: str, data: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Describe a stream of these events; an event of the first kind comes on connect."""
    return {
        "description": f"Server-Sent Events. {description} `: keepalive` comments while idle. A response of only a "
        "`retry:` line says that the stream is unavailable.",
        "content": {
            SSE_MEDIA_TYPE: {
                "schema": next(iter(data.values())),
                "itemSchema": {
                    "type": "object",
                    "required": ["event", "data"],
                    "properties": {
                        "event": {"type": "string", "enum": [*data]},
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"anyOf": [*data.values()]},
                        },
                        "id": {"type": "string"},
                        "retry": {"type": "integer", "minimum": 0},
                    },
                },
            }
        },
    }


EVENT_STREAM: Final = _event_stream(
    "The `data` of a `status` event is a snapshot: one on connect, then one when the global state, a session, its "
    "state or its tool changes. With `events=changes` the later ones are `change` events, whose `data` says what "
    "differs from the event before.",
    DATA,
)
"""The stream's answer."""
SUMMARY_STREAM: Final = _event_stream(
    "The `data` of a `summary` event is a summary: one on connect, then one when a count changes.", SUMMARY_DATA
)
"""The answer of the stream of summaries."""
