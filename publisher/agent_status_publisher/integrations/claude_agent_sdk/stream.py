"""Functions that the agent's code calls: they add hooks to its options, and sessions to its stream of messages."""

import dataclasses
import weakref
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar

from claude_agent_sdk import ClaudeAgentOptions, HookMatcher

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.claude_agent_sdk.turns import HOOKS, Asking, Turns
from agent_status_publisher.integrations.key import Subagents, wants_sessions

M = TypeVar("M")


def with_status(options: ClaudeAgentOptions, publisher: StatusPublisher) -> ClaudeAgentOptions:
    """Return a copy of the options that also shows tools and questions to the user. Everything else is kept."""
    hooks: dict[str, list[Any]] = dict(options.hooks or {})
    for event, ours in status_hooks(publisher).items():
        hooks[event] = [*hooks.get(event, ()), *ours]
    asking: Asking | None = options.can_use_tool
    shown = None if asking is None else _turns_of(publisher).shows_waiting(asking)
    return dataclasses.replace(options, hooks=hooks, can_use_tool=shown)


def status_hooks(publisher: StatusPublisher) -> dict[str, list[Any]]:
    """Return hooks for `ClaudeAgentOptions(hooks=…)`. They show a watched conversation's tools and decide nothing."""
    turns = _turns_of(publisher)
    return {event: [HookMatcher(hooks=[turns.hook])] for event in HOOKS}


async def watch(
    messages: AsyncIterator[M],
    publisher: StatusPublisher,
    *,
    title: str | None = None,
    subagents: Subagents = "tool",
) -> AsyncIterator[M]:
    """Pass on the messages. The sessions that they belong to begin and end with them.

    `title` is what the sessions are called. Without it, that is the own name of the folder that Claude works in.
    `subagents` says what Claude's subagents are: `tool` or `sessions`.
    """
    is_split = wants_sessions(publisher, subagents)
    turns = _turns_of(publisher)
    turns.is_watched = True
    seen: set[str] = set()
    try:
        async for message in messages:
            turns.hear(message, seen, title, is_split=is_split)
            yield message
    except BaseException as error:
        turns.leave(seen, error)
        raise
    else:
        turns.leave(seen, None)
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()


_turns: "weakref.WeakValueDictionary[StatusPublisher, Turns]" = weakref.WeakValueDictionary()


def _turns_of(publisher: StatusPublisher) -> Turns:
    """Return the `Turns` that `with_status` and `watch` share. It lives as long as the hooks or a stream."""
    turns = _turns.get(publisher)
    return _turns.setdefault(publisher, Turns(publisher)) if turns is None else turns
