"""Fields of an update of one session, and what they mean for it. The request comes before it, the sessions after it.

A field that breaks a limit of the report is refused with its name. The publisher would leave it out, which a client
over HTTP could not see.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from agent_status_gateway.ingest.activity.questions import Reason
from agent_status_gateway.ingest.sessions import IngestSession, IngestSessions
from agent_status_publisher import SessionState
from agent_status_publisher.contract.details.labels import (
    MAX_LABELS,
    MAX_LABELS_BYTES,
    MAX_LABELS_LOOKED_AT,
    check_label,
    have_room,
)
from agent_status_publisher.contract.details.link import check_link
from agent_status_publisher.contract.report import MAX_KEY_BYTES, MAX_NUMBER, check_session_key

CROWDED: Final = f"a session has at most {MAX_LABELS} labels of {MAX_LABELS_BYTES} bytes together"
NO_PARENT: Final = f"a parent must be the key of another session, of at most {MAX_KEY_BYTES} bytes"
"""The refusal of a parent. It does not repeat the parent, which may be private."""


def _few(labels: Any) -> Any:
    """Refuse too many labels before any is checked: each may be wrong, and would be in the answer."""
    if isinstance(labels, dict) and len(labels) > MAX_LABELS_LOOKED_AT:
        raise ValueError(CROWDED)
    return labels


def _right(labels: dict[str, str | None]) -> dict[str, str | None]:
    for name, value in labels.items():
        check_label(name, value or "")
    if not have_room(_kept(labels)):
        raise ValueError(CROWDED)
    return labels


Count = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Total = Annotated[int, Field(ge=1, le=MAX_NUMBER)]
Labels = Annotated[dict[str, str | None], BeforeValidator(_few), AfterValidator(_right)]


class Usage(BaseModel):
    """Tokens of this run so far, in all."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: int = Field(0, ge=0)
    output: int = Field(0, ge=0)


class Context(BaseModel):
    """Tokens in the model's context, and the most that it holds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    used: Count
    window: Total


class Progress(BaseModel):
    """Steps of this run that are done, and all of its steps."""

    model_config = ConfigDict(extra="forbid", strict=True)

    done: Count
    of: Total

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if self.done > self.of:
            raise ValueError("done must be a number from 0 up to of")
        return self


class SessionUpdate(BaseModel):
    """Update of one session. What it does not name stays as it is."""

    model_config = ConfigDict(extra="forbid")

    state: SessionState
    tool_name: str | None = None
    waiting_for: Reason | None = Field(None, description="Why it waits, with the state `waiting_for_user`")
    title: str | None = None
    parent: str | None = Field(None, description="The key of the session for which this one works")
    link: Annotated[str, AfterValidator(check_link)] | None = Field(
        None, description="Where people find more of it: an http or https URL. `null` removes it"
    )
    labels: Labels | None = Field(None, description="Labels to set by name. The value `null` takes one away")
    error_message: str | None = None
    usage: Usage | None = None
    context: Context | None = None
    cost_usd: float | None = Field(
        None, ge=0, le=MAX_NUMBER, allow_inf_nan=False, strict=True, description="Cost of this run so far, in all"
    )
    progress: Progress | None = None
    ttl_seconds: float | None = Field(None, gt=0, le=86_400, allow_inf_nan=False)

    @field_validator("waiting_for")
    @classmethod
    def _goes_with_its_state(cls, reason: Reason | None, info: ValidationInfo) -> Reason | None:
        if reason is not None and info.data.get("state", "waiting_for_user") != "waiting_for_user":
            raise ValueError("waiting_for must come with the state waiting_for_user")
        return reason

    @field_validator("parent")
    @classmethod
    def _is_a_key(cls, parent: str | None) -> str | None:
        if parent is None:
            return None
        try:
            return check_session_key(parent.encode().decode())  # which a lone surrogate fails
        except ValueError:
            raise ValueError(NO_PARENT) from None

    def problem_for(self, key: str, labels: Mapping[str, str]) -> tuple[str, str] | None:
        """Find what does not fit this session.

        Args:
            key: The session's key.
            labels: The labels that it has already.

        Returns:
            The name of the field that is wrong, and what would be right.
        """
        if self.parent == key:
            return "parent", NO_PARENT
        if self.labels and not have_room(_kept(dict(labels) | self.labels)):
            return "labels", CROWDED
        return None

    def apply(self, key: str, sessions: IngestSessions) -> None:
        """Set what a session does now; open it first if necessary. An error ends it.

        Raises:
            TooManySessionsError: The maximum number of sessions is open.
        """
        one = sessions.open(key, self.title, parent=self.parent, labels=self.labels)
        if self.ttl_seconds is not None:
            one.ttl_seconds = self.ttl_seconds
        self._describe(one)
        if self.state is SessionState.ERROR:
            sessions.end(key, self.error_message or "failed")
        else:
            one.activity.set(self.state, self.tool_name, self.waiting_for)
            sessions.renew(one)

    def _describe(self, one: IngestSession) -> None:
        session = one.session
        if "link" in self.model_fields_set and session.link != self.link:
            session.link = self.link
        if self.usage is not None:
            session.usage(input=self.usage.input, output=self.usage.output)
        if self.context is not None:
            session.context(used=self.context.used, window=self.context.window)
        if self.cost_usd is not None:
            session.cost(usd=self.cost_usd)
        if self.progress is not None:
            session.progress(done=self.progress.done, of=self.progress.of)


def _kept(labels: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value is not None}
