"""The title of a session and the name of its agent, from what a start event and its source say of themselves."""

from typing import Any, Final

UNNAMED: Final = "crew"
"""CrewAI's name for a crew that was given none."""
MAX_ROLES: Final = 3
"""The title of a crew without a name has at most this many roles."""


def role_of(event: Any) -> str | None:
    """Return the role of an agent without a crew, or None."""
    info = getattr(event, "agent_info", None)
    return " ".join(str(info.get("role") or "").split()) if info else None


def title_of(source: Any, event: Any) -> str | None:
    """Return the name of a flow or crew, or the role of an agent. A crew without a name has the roles of its agents.

    CrewAI puts the kickoff's inputs into roles with placeholders.
    """
    name = getattr(event, "crew_name", None) or getattr(event, "flow_name", None)
    if name and name != UNNAMED:
        return str(name)
    info = getattr(event, "agent_info", None)
    agents = [] if name is None and info is not None else list(getattr(source, "agents", None) or ())
    roles = [info.get("role")] if info else [getattr(agent, "role", None) for agent in agents]
    known = [" ".join(str(role).split()) for role in roles if role]
    more = ", …" if len(known) > MAX_ROLES else ""
    return ", ".join(known[:MAX_ROLES]) + more or None
