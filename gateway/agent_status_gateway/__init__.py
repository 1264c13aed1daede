"""One live snapshot of a fleet of agents: stateless replicas turn workers' reports into Server-Sent Events."""

from typing import Any

__all__ = ["app", "create_app"]


def __getattr__(name: str) -> Any:
    """`from agent_status_gateway import app, create_app`, without making `import agent_status_gateway` need FastAPI."""
    if name in __all__:
        from agent_status_gateway import main  # noqa: PLC0415 - the point of it

        return getattr(main, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
