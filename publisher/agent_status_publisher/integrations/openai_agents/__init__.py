"""OpenAI Agents SDK: every run of the process on the dashboard, in one line.

    from agent_status_publisher.integrations.openai_agents import StatusTraceProcessor

    status = StatusTraceProcessor(publisher)
    agents.add_trace_processor(status)      # beside OpenAI's own exporter; set_trace_processors([status]): in its place

    result = await status.run(Runner.run(agent, asked))                     # where a tool may need approval
    async for event in status.stream(Runner.run_streamed(agent, asked)):    # where the answer streams

The last two report what traces do not contain. Use them only for the runs that need them. The outermost run or
`with trace(…)` is the session. Agents as tools and handoffs only change its state. The key is `openai_agents:` and the
trace's `group_id` (`RunConfig(group_id="42")`), or else the trace's id. `with status_key("chat:42"):` around the run
sets another key. The dashboard shows:

- Each turn, each tool while it runs (parallel ones, too), and tokens after each model call or turn.
- `waiting_for_user` when a run ends with interruptions, with `run` or `stream`, until it is resumed from its state.
- `streaming` with `stream`, which yields the same events.
- An error when an exception leaves the run. A cancelled run ends the session as `cancelled`.
- The agent at work and its model as labels. A run that ends with interruptions waits for `approval`.

With `subagents="sessions"`, an agent that a tool runs is a session of its own, whose key ends with the id of the tool's
span.

Runs whose tracing is disabled are not shown. The publisher warns once if it is disabled for the whole process. Realtime
sessions are not shown: OpenAI traces them on its own servers, and the SDK makes no trace of them. Tools that OpenAI
itself runs are shown as `thinking`. For untraced runs, or for a single run, there are hooks. Your code then opens the
session, and the end of its block is the end of the run:

    with publisher.session("chat:42") as session:
        result = await Runner.run(agent, asked, hooks=StatusHooks(session))

The tokens of an agent that is a tool are counted when the tool ends.
Use either the processor or the hooks for a run. With both, the hooks' session would be a second one.

    processor   traces, and the runs in them
    hooks       one run, without a trace
"""

from agent_status_publisher.integrations.openai_agents.hooks import StatusHooks
from agent_status_publisher.integrations.openai_agents.processor import StatusTraceProcessor

__all__ = ["StatusHooks", "StatusTraceProcessor"]
