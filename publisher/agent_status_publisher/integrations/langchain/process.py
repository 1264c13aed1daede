"""The handler of runs that have none among their callbacks."""

from contextvars import ContextVar
from typing import Any, cast

from langchain_core.tracers.context import register_configure_hook

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.key import Subagents
from agent_status_publisher.integrations.langchain.handler import StatusCallbackHandler


class Installed:
    """The handler for runs that have none. LangChain expects a context variable, so this object behaves like one."""

    handler: StatusCallbackHandler | None = None
    is_known = False

    def get(self) -> StatusCallbackHandler | None:
        """Return the current handler."""
        return self.handler


_installed = Installed()


def install(publisher: StatusPublisher | None, *, subagents: Subagents = "tool") -> None:
    """Show every run in this process, on the dashboard of this publisher only. None stops that.

    `subagents` says what a graph inside a tool is: `tool` or `sessions`.
    """
    _installed.handler = None if publisher is None else StatusCallbackHandler(publisher, subagents=subagents)
    if not _installed.is_known:
        _installed.is_known = True
        variable = cast("ContextVar[Any]", _installed)
        register_configure_hook(variable, inheritable=True, handle_class=StatusCallbackHandler)
