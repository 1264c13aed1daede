"""Pure: the shape of the snapshot that is sent, and the parts of a session key.

The shape is the API page's: exactly these fields, in this order, and after them those that `fields` asks for. FastAPI
makes the OpenAPI schema from it.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

SessionStateName = Literal["thinking", "tool_running", "streaming", "waiting_for_user", "error"]
GlobalStateName = Literal["idle", "active", "degraded"]


class TokenUsage(TypedDict):
    """Tokens that a session's current run has used."""

    input: Annotated[int, Field(ge=0)]
    output: Annotated[int, Field(ge=0)]


class ContextUsage(TypedDict):
    """Tokens in the model's context."""

    used: Annotated[int, Field(ge=0)]
    window: Annotated[int, Field(ge=0, description="The most that it holds")]


class Progress(TypedDict):
    """Steps of a run."""

    done: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=0)]


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
    labels: NotRequired[Annotated[dict[str, str], Field(description="Its own labels and those of its worker")]]
    parent: NotRequired[Annotated[str | None, Field(description="The key of the session for which it works")]]
    link: NotRequired[Annotated[str | None, Field(description="Where a person finds more of it: never trust it")]]
    host: NotRequired[Annotated[str, Field(description="The machine of its worker")]]
    worker_id: NotRequired[str]
    waiting_for: NotRequired[Literal["approval", "question", "reply"] | None]
    context: NotRequired[ContextUsage | None]
    cost_usd: NotRequired[Annotated[float | None, Field(ge=0, description="What the run has cost so far")]]
    progress: NotRequired[Progress | None]
    quiet_seconds: NotRequired[Annotated[float, Field(ge=0, description="Since the agent's last call for it")]]
    stalled: NotRequired[Annotated[bool, Field(description="It works, and its agent has not called for so long")]]


class GlobalStatus(TypedDict):
    """The fleet as a whole: `idle` without a session, `degraded` with one in error, else `active`."""

    state: GlobalStateName
    active_sessions: Annotated[int, Field(ge=0, description="The number of sessions, those in error included")]
    max_concurrent: Annotated[int, Field(ge=0, description="What all live workers could run at once")]
    uptime_seconds: Annotated[int, Field(ge=0, description="Since the oldest live worker's start")]


class EndedStatus(TypedDict):
    """One session that has ended, and is not open again."""

    session_key: Annotated[str, Field(examples=["websocket:abc123"])]
    title: str | None
    outcome: Annotated[
        Literal["done", "cancelled", "failed", "expired", "lost"] | None,
        Field(
            description="`failed` by an error; `lost`: its worker vanished; `expired`: nobody answered it for too long"
        ),
    ]
    ended_seconds_ago: Annotated[float, Field(ge=0)]
    error_message: str | None


# Not a class, since `global` is a keyword.
Snapshot = TypedDict(
    "Snapshot",
    {"global": GlobalStatus, "sessions": list[SessionStatus], "ended": NotRequired[list[EndedStatus]]},
)
Snapshot.__doc__ = "What all agents are doing now; sessions are sorted by `session_key`, ended ones by when they ended."


def split_key(session_key: str) -> tuple[str, str]:
    """Channel and session id of a `channel:session_id` key, split at the first colon.

    Without a colon, or with nothing after it, the id is the whole key; without a colon it is the channel too. An empty
    channel is "unknown".
    """
    channel, colon, session_id = session_key.partition(":")
    return channel or "unknown", session_id if colon and session_id else session_key
