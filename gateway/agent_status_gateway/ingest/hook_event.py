"""Fields of a hook event that are read."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from agent_status_publisher.hooks.names import typed_notification

Cli = Literal["claude-code", "codex", "gemini"]
MAX_NAME_CHARACTERS: Final = 400
"""The most characters of a name or an id: those of open calls are kept in memory."""
Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]
Text = Annotated[str | None, BeforeValidator(lambda value: value if isinstance(value, str) else None)]
"""A text that is only compared. Anything else counts as absent."""
Work = Annotated[list[Any] | None, BeforeValidator(lambda value: value if isinstance(value, list) else None)]
"""A list of what goes on in the background. A version that sends anything else must not have its `Stop` refused."""


class HookEvent(BaseModel):
    """Fields of an event that are read."""

    session_id: Name = Field(min_length=1)
    hook_event_name: str
    cwd: str | None = None
    permission_mode: Text = None
    tool_name: Name | None = None
    tool_use_id: Name | None = None
    agent_id: Name | None = None
    agent_type: Name | None = None
    mcp_server_name: Name | None = None
    reviewer: Text = None
    approvals_reviewer: Text = None
    notification_type: Text = None
    is_interrupt: Any = None
    error: str | None = None
    model: Text = None
    background_tasks: Work = None
    session_crons: Work = None

    @model_validator(mode="before")
    @classmethod
    def _every_notification_has_a_type(cls, event: Any) -> Any:
        return typed_notification(event) if isinstance(event, dict) else event

    @property
    def has_background(self) -> bool:
        """True if work is listed that goes on when the turn is over."""
        return bool(self.background_tasks or self.session_crons)
