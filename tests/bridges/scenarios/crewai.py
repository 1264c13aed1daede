"""CrewAI's crews and flows, and its own client of OpenAI's API, which talks to a model on this machine."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.crewai import StatusListener
from agent_status_publisher.testing import RecordingPublisher

os.environ["CREWAI_DISABLE_TELEMETRY"] = os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

from crewai import LLM, Agent, Crew, Task
from crewai.events import crewai_event_bus
from crewai.flow.flow import Flow, start
from crewai.tools import tool

PACKAGES = ("crewai",)
SECONDS: Final = 20

Answer = str | tuple[str, ...]
"""What the model says next: text, or the tools it calls."""


class Model(BaseHTTPRequestHandler):
    """As much of the chat completions API as an agent needs."""

    def log_message(self, *_: Any) -> None:
        """Nothing: a server's access log is not what is tested."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        script: list[Answer] = self.server.script  # type: ignore[attr-defined]
        if not script:
            self._send(400, json.dumps({"error": {"message": "boom"}}), "application/json")
            return
        answer = script.pop(0)
        if asked.get("stream"):
            words = answer.split() if isinstance(answer, str) else ()
            choices: list[dict[str, Any]] = [{"index": 0, "delta": {"content": f"{word} "}} for word in words]
            choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
            lines = [_completion("chat.completion.chunk", choices=[choice]) for choice in choices]
            lines.append(_completion("chat.completion.chunk", choices=[], usage=USAGE))
            said = "".join(f"data: {json.dumps(line)}\n\n" for line in lines) + "data: [DONE]\n\n"
            self._send(200, said, "text/event-stream")
            return
        message: dict[str, Any] = {"role": "assistant", "content": answer}
        if not isinstance(answer, str):
            calls = [_call(number, name) for number, name in enumerate(answer)]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": "stop" if isinstance(answer, str) else "tool_calls"}
        self._send(200, json.dumps(_completion("chat.completion", choices=[choice], usage=USAGE)), "application/json")

    def _send(self, status: int, said: str, kind: str) -> None:
        body = said.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


USAGE: Final = {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}


def _completion(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": "c", "object": kind, "created": 0, "model": "gpt-4o-mini", **fields}


def _call(number: int, name: str) -> dict[str, Any]:
    return {"id": f"call_{number}_{name}", "type": "function", "function": {"name": name, "arguments": "{}"}}


both = threading.Barrier(2)
running, released = threading.Event(), threading.Event()


inner: list[LLM] = []


@tool("bash")
def bash() -> str:
    """Runs a command."""
    both.wait(SECONDS)
    return "done"


@tool("read")
def read() -> str:
    """Reads a file."""
    both.wait(SECONDS)
    return "done"


@tool("explore")
def explore() -> str:
    """Asks another crew."""
    return str(crew(inner[-1]).kickoff())


@tool("wait")
def wait() -> str:
    """Takes long."""
    running.set()
    released.wait(SECONDS)
    return "done"


def crew(model: LLM, *tools: Any) -> Crew:
    agent = Agent(
        role="worker", goal="work", backstory="none", llm=model, tools=list(tools), max_retry_limit=0, verbose=False
    )
    task = Task(description="Work", expected_output="Anything", agent=agent)
    return Crew(name="Workers", agents=[agent], tasks=[task], verbose=False)


@contextmanager
def scripted(*script: Answer, stream: bool = False) -> Iterator[LLM]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.script = list(script)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        yield LLM(model="openai/gpt-4o-mini", base_url=url, api_key="none", stream=stream, max_retries=0)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def listening(publisher: RecordingPublisher) -> Iterator[None]:
    listener = StatusListener(publisher)
    try:
        yield
    finally:
        crewai_event_bus.flush()
        listener.close()


def _plain(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Hello to you") as model:
        crew(model).kickoff()


def _streamed(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Hello to you", stream=True) as model:
        crew(model).kickoff()


def _tools(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted(("bash", "read"), "Both are done") as model:
        crew(model, bash, read).kickoff()


def _subagent(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted(("explore",), "I have looked", "It has looked") as model:
        inner.append(model)
        crew(model, explore).kickoff()


class Human:
    """Who answers a flow's questions."""

    def request_input(self, *_: object, **__: object) -> str:
        """After a moment's thought."""
        crewai_event_bus.flush()
        return "Yes"


def _wait(publisher: RecordingPublisher) -> None:
    """A flow asks, and with the answer it starts a crew."""
    with listening(publisher), scripted("Hello to you") as model:

        class Asking(Flow[dict]):
            @start()
            def ask_first(self) -> str:
                assert self.ask("Shall I?") == "Yes"
                return str(crew(model).kickoff())

        Asking(input_provider=Human()).kickoff()


def _fail(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted() as model:
        crew(model).kickoff()


def _cancel(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted(("wait",)) as model:
        asyncio.run(_cancelled(publisher, model))


async def _cancelled(publisher: RecordingPublisher, model: LLM) -> None:
    """A session of the agent's own around it, as nothing else can tell."""

    async def agent() -> None:
        with publisher.session("chat:42"), status_key("chat:42"):
            await crew(model, wait).akickoff()

    task = asyncio.create_task(agent())
    await asyncio.to_thread(running.wait, SECONDS)
    task.cancel()
    await asyncio.wait([task])
    released.set()  # its thread goes on, and what it says now is late


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "plain_run": _plain,
    "streamed_run": _streamed,
    "parallel_tools": _tools,
    "subagent": _subagent,
    "wait_and_resume": _wait,
    "failure": _fail,
    "cancellation": _cancel,
}
