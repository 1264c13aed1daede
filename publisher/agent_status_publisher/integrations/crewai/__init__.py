"""CrewAI: crews, flows and single agents on the dashboard, in one line per process.

    from agent_status_publisher.integrations.crewai import StatusListener

    StatusListener(publisher)

The listener subscribes to CrewAI's own event bus. The outermost crew, flow or agent is the session. A crew in a flow,
or an agent that another delegates to, only changes the state of that session. Its key is `crewai:` and the id of the
flow (`inputs={"id": "42"}`), the crew or the agent. `with status_key("chat:42"):` around the kickoff sets another key.
The title is the name of the flow or crew. An agent's is its role, and a crew without a name has its agents' roles.
What is seen:

- Model calls, and tools, even several at once.
- `streaming` when the model streams, and tokens after each call. A custom model class that emits no events is shown as
  `thinking` between its tools, and its tokens are not counted.
- `waiting_for_user` while `Flow.ask()` or `@human_feedback` waits, and while a paused flow has not been resumed.
  `Task(human_input=True)` asks on the console only, so its wait is not seen.
- An error that an event reports.
- The role at work and the model as labels, and how many of a crew's own tasks are done. A flow has neither.

With `StatusListener(publisher, subagents="sessions")`, a crew, flow or agent that a tool runs is a session of its own,
whose key ends with the id of the tool's event. A coworker that CrewAI itself delegates to is a part of its crew.

CrewAI emits no event when a run is cancelled or interrupted. Such a run ends a second after the asyncio task that it
was in, or when the same task begins another run. A run in a thread, or one that resumes a paused flow, is shown until
CrewAI's objects for it are garbage-collected, and CrewAI keeps flows for ever. A session of your own ends in any case:

    with publisher.session("chat:42"), status_key("chat:42"):
        crew.kickoff()

Avoid `REDIS_URL`. CrewAI keeps its own locks in that Redis if the redis package is installed, and the publisher
installs it. CrewAI then fails when that Redis does. Set `AGENT_STATUS_REDIS_URL`, or pass the URL to the publisher.

All handlers but the one for tokens are async, so the bus calls them one at a time on its own loop. It calls sync
handlers from a pool of threads, in any order. Another bridge therefore does not see its runs as inside this one. Use
only one of the bridges, or set `status_key`.

    titles     what a session and its agent are called
    run_tasks  the asyncio task that a run is in
    roots      an outermost run and its contents
    listener   what an event means for a run
"""

from agent_status_publisher.integrations.crewai.listener import StatusListener

__all__ = ["StatusListener"]
