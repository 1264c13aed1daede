"""Claude Agent SDK: its conversations on the dashboard, in two lines.

    from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status

    options = with_status(ClaudeAgentOptions(...), publisher)                     # tools and questions to the user
    async for message in watch(query(prompt=..., options=options), publisher):    # everything else
        ...

With a client, use `ClaudeSDKClient(with_status(options, publisher))` and `watch(client.receive_response(), publisher)`.
Your own hooks and your `can_use_tool` work as before. `status_hooks(publisher)` returns only the hooks.

A session's key is `claude_agent_sdk:` and Claude's session id. `with status_key("chat:42"):` around the loop sets
another key. The session opens with Claude's first message and ends with its result. While agents run in the
background, it stays open unless the result is an error. Leaving the loop earlier ends it, too. The title is the own
name of the folder that Claude works in, or `watch(..., title="Fix auth bug")`. What is seen:

- Each tool while it runs, including the tools of subagents.
- `waiting_for_user` while your `can_use_tool` runs. A policy that answers at once ends the wait before anyone sees it.
- `waiting_for_user` while a question from Claude itself is open.
- `waiting_for_user` after a turn that ends with a deferred tool, until the next turn.
- `streaming` with `include_partial_messages=True`. Without it, a message arrives only when it is complete.
- Tokens after each message, including cached input and those of subagents, and the exact totals at the end of the turn.
- An error that the result reports, or an exception that leaves the stream. An interrupted turn ends as `cancelled`.
- The model and the main agent's kind (`--agent`) as labels, why a question waits, and the costs of each result.
- How full the model's context is, as soon as a result has said how large it is.

With `watch(…, subagents="sessions")`, a subagent of Claude is a session of its own, whose key ends with the id of the
tool call.

`with_status` shows nothing without `watch`. The publisher then reports once that `watch` is missing.
`watch` cannot see what the loop around it does. An exception in the loop body ends the session just as leaving the loop
does. No wait is shown for a permission that is refused without `can_use_tool`, because nobody is asked. The SDK buffers
messages, so no session begins before the loop reads them. In a slow loop, tools are shown in time and the end is late.
An agent that one of your own tools runs is a separate session, unless `status_key` around the loop names both.

    about     what single messages say
    tokens    the tokens of one turn, with those of its subagents
    children  the subagents of a turn that have sessions of their own
    turn      an open turn
    turns     what messages and hooks mean for a turn
    stream    what the agent's code calls
"""

from agent_status_publisher.integrations.claude_agent_sdk.stream import status_hooks, watch, with_status

__all__ = ["status_hooks", "watch", "with_status"]
