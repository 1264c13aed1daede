"""Pure: what a rule waits for."""

from typing import Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_status_gateway.state.views.stalls.stalled import MAX_STALLED_SECONDS

What = Literal[
    "thinking",
    "tool_running",
    "streaming",
    "waiting_for_user",
    "error",
    "lost",
    "stalled",
    "ended",
    "idle",
    "degraded",
]
"""States of a session, `error` of the agent itself; then what became of a session; then states of all sessions."""
Outcome = Literal["done", "cancelled", "failed", "expired", "lost"]

OF_ALL: Final = frozenset({"idle", "degraded"})
"""States of all sessions of a view together."""
WHATS: Final = get_args(What)
MOST_SECONDS: Final = 31 * 86_400
"""The longest that a rule may wait, in seconds."""
STALLED_SECONDS: Final = 600.0
"""Seconds without a call after which a session has stalled, if a rule does not say how many."""


class When(BaseModel):
    """One condition.

    Attributes:
        state: What must be true.
        for_seconds: Seconds for which it must be true; of `stalled`, seconds without a call of the agent.
        outcome: How a session must have ended, if `state` is `ended`; empty for any way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: What
    for_seconds: float = Field(default=0.0, strict=True, ge=0, le=MOST_SECONDS)
    outcome: tuple[Outcome, ...] = ()

    @model_validator(mode="after")
    def _fits_the_state(self) -> Self:
        if self.outcome and self.state != "ended":
            raise ValueError("`outcome` must be left out, unless `state` is 'ended'")
        if self.state == "ended" and self.for_seconds:
            raise ValueError("`for_seconds` must be left out if `state` is 'ended': an end lasts")
        if self.state == "stalled" and self.for_seconds and not 1 <= self.for_seconds <= MAX_STALLED_SECONDS:
            raise ValueError(f"`for_seconds` must be between 1 and {MAX_STALLED_SECONDS} if `state` is 'stalled'")
        return self

    @property
    def quiet_seconds(self) -> int | None:
        """Whole seconds without a call after which a session has stalled; None if the rule does not ask for that."""
        return int(self.for_seconds or STALLED_SECONDS) if self.state == "stalled" else None

    @property
    def name(self) -> str:
        """Spelling that is equal for equal conditions."""
        outcome = "".join(f" {outcome}" for outcome in sorted(set(self.outcome)))
        return f"{self.state} {self.for_seconds:g}{outcome}"
