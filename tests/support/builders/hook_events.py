"""Hook events of command-line agents, played to ingest's sessions."""

from typing import Any, Final

from agent_status_gateway.ingest.hook_event import Cli, HookEvent
from agent_status_gateway.ingest.hooks import take
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_publisher.testing import RecordingPublisher
from tests.support.builders.clock import Clock

Events = list[tuple[str, dict[str, Any]]]
BASH: Final = {"tool_name": "Bash", "tool_use_id": "toolu_1"}
READ: Final = {"tool_name": "Read", "tool_use_id": "toolu_2"}
ASK: Final = {"tool_name": "AskUserQuestion", "tool_use_id": "toolu_9"}


def play(
    publisher: RecordingPublisher,
    events: Events,
    cli: Cli = "claude-code",
    *,
    shows_idle: bool = False,
    has_children: bool = False,
) -> str:
    """The states that are published, by name; `end` is the session's end."""
    sessions = IngestSessions(publisher, Clock(), 900, shows_idle=shows_idle, has_children=has_children)
    hear(sessions, events, cli)
    return states(publisher, f"{cli}:s1")


def hear(sessions: IngestSessions, events: Events, cli: Cli = "claude-code") -> None:
    """Take in events of the session `s1`."""
    for name, fields in events:
        take(cli, HookEvent(session_id="s1", hook_event_name=name, **fields), sessions)


def states(publisher: RecordingPublisher, key: str) -> str:
    """The states that one session went through, by name; `end` is its end."""
    return " ".join("end" if state is None else state for state in publisher.states(key))
