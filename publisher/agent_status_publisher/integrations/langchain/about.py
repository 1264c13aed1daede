"""Names and numbers that LangChain tells of a run."""

from collections.abc import Iterable
from typing import Any, Final

from agent_status_publisher.integrations.followed import Reason

UNNAMED: Final = ("LangGraph", "Runnable")
"""LangChain gives names with these prefixes to graphs and chains that have no name."""
TEXT: Final = {"text", "text-delta"}


def title_of(name: str | None) -> str | None:
    """Return the name of a chain or a graph, if it has one of its own."""
    return None if name is None or name.startswith(UNNAMED) else name


def agent_of(about: dict[str, Any]) -> object:
    """Return the name of an agent whose run this is, or None. The runs inside it get the same metadata."""
    name = about.get("name")
    return name if name is not None and (about.get("metadata") or {}).get("lc_agent_name") == name else None


def is_graph(about: dict[str, Any]) -> bool:
    """Return True for the run of a graph, or of a sequence with a name. Functions, prompts and parsers have a type."""
    return "run_type" not in about and not str(about.get("name")).startswith("Runnable")


def reason_of(interrupts: Iterable[Any]) -> Reason | None:
    """Return why a graph asks. Human-in-the-loop middleware asks for approval, in a shape of its own."""
    values = [getattr(interrupt, "value", None) for interrupt in interrupts]
    if not values:
        return None  # a breakpoint does not ask for anything
    return "approval" if all(isinstance(value, dict) and "action_requests" in value for value in values) else "question"


def has_text(token: Any) -> bool:
    """Return True for a piece of text for the user: a string, or content blocks with text among them."""
    if isinstance(token, list):
        return any(isinstance(block, dict) and block.get("type") in TEXT and bool(block.get("text")) for block in token)
    return bool(token)


def usage_of(response: Any) -> tuple[int, int]:
    """Return the tokens of one call: those of its message, or the client's total for the whole batch."""
    for generation in response.generations[0] if response.generations else ():
        used = getattr(getattr(generation, "message", None), "usage_metadata", None)
        if used:
            return used.get("input_tokens") or 0, used.get("output_tokens") or 0
    used = (response.llm_output or {}).get("token_usage") or {}
    return used.get("prompt_tokens") or 0, used.get("completion_tokens") or 0
