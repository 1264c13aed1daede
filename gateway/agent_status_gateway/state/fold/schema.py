"""Pure: the shape of the snapshot that is sent, and the parts of a session key.

The shape is the API page's: exactly these fields, in this order. FastAPI makes the OpenAPI schema from it.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

SessionStateName = Literal["thinking", "tool_running", "streaming", "waiting_for_user", "error"]
GlobalStateName = Literal["idle", "active", "degraded"]


class TokenUsage(TypedDict):
    """Tokens that a session's current run has used."""

    input: Annotated[int, Field(ge=0)]
    output: Annotated[int, Field(ge=0)]


class SessionStatus(TypedDict):
    """One open session."""

    session_key: Annotated[str, Field(description="`channel:session_id`", examples=["websocket:abc123"])]
    session_id: Annotated[str, Field(examples=["abc123"])]
    channel: Annotated[str, Field(examples=["websocket"])]
    title: str | None
    state: SessionStateName
    tool_name: Annotated[str | None, Field(description="The tool at work, while `tool_running`", examples=["bash"])]
    duration_seconds: Annotated[float, Field(ge=0, description="Since the state or the tool last changed")]
    token_usage: TokenUsage | None
    error_message: str | None


class GlobalStatus(TypedDict):
    """The fleet as a whole: `idle` without a session, `degraded` with one in error, else `active`."""

    state: GlobalStateName
    active_sessions: Annotated[int, Field(ge=0, description="The number of sessions, those in error included")]
    max_concurrent: Annotated[int, Field(ge=0, description="What all live workers could run at once")]
    uptime_seconds: Annotated[int, Field(ge=0, description="Since the oldest live worker's start")]


# Not a class, since `global` is a keyword.
Snapshot = TypedDict("Snapshot", {"global": GlobalStatus, "sessions": list[SessionStatus]})
Snapshot.__doc__ = "What all agents are doing now; sessions are sorted by `session_key`."


def split_key(session_key: str) -> tuple[str, str]:
    """Channel and session id of a `channel:session_id` key, split at the first colon.

    Without a colon, or with nothing after it, the id is the whole key; without a colon it is the channel too. An empty
    channel is "unknown".
    """
    channel, colon, session_id = session_key.partition(":")
    return channel or "unknown", session_id if colon and session_id else session_key
