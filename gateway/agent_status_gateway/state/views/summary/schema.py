"""Pure: the shape of the summary that is sent. FastAPI makes the OpenAPI schema from it."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStateName

Number = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=0)]


class GroupSummary(TypedDict):
    """One group. Its first field is named as `by` says, `label.NAME` included, and has the name of the group.

    It is null for sessions without that label. Where there are over 1,000 groups, those with the fewest sessions are
    one, without that field: it has `other_groups` instead.
    """

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc] # pydantic's own way

    channel: NotRequired[Annotated[str, Field(examples=["websocket"])]]
    state: NotRequired[SessionStateName]
    worker: NotRequired[Annotated[str, Field(description="The `worker_id`")]]
    other_groups: NotRequired[Annotated[int, Field(ge=1, description="How many groups are counted here together")]]
    sessions: Annotated[int, Field(ge=1, description="The number of its sessions")]
    states: Annotated[dict[SessionStateName, Number], Field(description="Its sessions by state, if any are in it")]
    oldest_seconds: Annotated[
        dict[SessionStateName, Seconds], Field(description="By state: for how long the oldest session has been in it")
    ]


# Not a class, since `global` is a keyword.
FleetSummary = TypedDict("FleetSummary", {"global": GlobalStatus, "groups": list[GroupSummary]})
FleetSummary.__doc__ = "How many sessions each group has; groups are sorted by name, null last, and then the others."
