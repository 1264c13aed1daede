"""LangChain and LangGraph: agents, chains and graphs on the dashboard, in one line.

    from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install

    install(publisher)                                                          # every run in this process, or
    agent.invoke(asked, {"callbacks": [StatusCallbackHandler(publisher)]})      # this run only

Only langchain-core is required. The outermost run is the session. A graph inside a tool, or a chain inside a graph,
only changes the state of that session. A model that no chain calls is a separate run. The session's key is `langchain:`
and a graph's `thread_id` from `config["configurable"]`. A chain without a graph takes it from `config["metadata"]`.
Without a `thread_id`, the run's id is used. `with status_key("chat:42"):` around the call sets another key.
What is seen:

- Model calls, and each tool while it runs, even several at once, in threads and in asyncio.
- `streaming` from the first piece of text, when the model is streamed (`stream()` of agent or model).
- Tokens after each call.
- `waiting_for_user` when a graph ends by `interrupt()`, as human-in-the-loop middleware does, until its thread resumes.
  A loop that is left at `__interrupt__` waits, too. So does a run that is cancelled after it has asked: its thread
  keeps the question.
- Why it waits: `approval` for human-in-the-loop middleware, and `question` for any other `interrupt()`.
- An error with its message. A cancelled task ends the session as `cancelled`. So does a stream that is closed early. A
  drained graph is `done`.
- The labels `agent`, by the name of an agent of `create_agent`, and `model`, by the name that LangChain has for it.

With `subagents="sessions"`, a graph that a tool runs is a session of its own, whose key ends with the id of the tool
call. So is a sequence with a name. LangChain's callbacks report neither costs nor how large a model's context is.

A breakpoint (`interrupt_before=…`) looks like an end, unless the handler is among the callbacks of the call. LangGraph
reports breakpoints to no other handler. Both lines can be used at once. Nothing is counted twice, because only the
handler among the callbacks counts then. The title is the name of the agent, the graph or the `@entrypoint`.
A handler that is passed only to a model sees only the calls of that model, each as a run. An abandoned `stream()`
generator ends its run when Python closes it.

    about     names and numbers that LangChain tells of a run
    handler   the handler among the callbacks of a run
    process   the handler of runs that have none
"""

from agent_status_publisher.integrations.langchain.handler import StatusCallbackHandler
from agent_status_publisher.integrations.langchain.process import install

__all__ = ["StatusCallbackHandler", "install"]
