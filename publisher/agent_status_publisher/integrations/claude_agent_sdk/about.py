"""Facts in single messages of Claude, and the reasons for which its tools ask a person."""

from typing import Any, Final

from claude_agent_sdk import ResultMessage

from agent_status_publisher.integrations.followed import Reason
from agent_status_publisher.session import Session

QUESTION_TOOL: Final = "AskUserQuestion"


def reason_of(tool: str | None) -> Reason:
    """Return why a tool call asks a person. All but one need a permission."""
    return "question" if tool == QUESTION_TOOL else "approval"


def show_stream_event(session: Session, event: dict[str, Any]) -> None:
    """Show what the model writes. The state changes when a message or block begins, not with each token."""
    if event.get("type") in {"message_start", "content_block_start"}:
        block = event.get("content_block", {}).get("type")
        if block == "text":
            session.streaming()
        elif block in {None, "thinking"}:
            session.thinking()


def message_of(result: ResultMessage) -> str:
    """Return the error of a failed turn. An API error is in `result`, with the subtype `success`."""
    errors = "; ".join(map(str, result.errors or ())) or result.result
    return errors or (result.subtype if result.subtype != "success" else "error")
