"""Spans as other frameworks make them, by OpenTelemetry's own SDK: what each says when one begins, and what later."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.opentelemetry import RecordingSampler, StatusSpanProcessor
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.integrations.spans import follower
from agent_status_publisher.testing import RecordingPublisher

PACKAGES = ("opentelemetry-sdk",)

CONVERSATION: Final = {"gen_ai.conversation.id": "42"}
USED: Final = {"gen_ai.usage.input_tokens": 500, "gen_ai.usage.output_tokens": 100}


def tracer_of(publisher: RecordingPublisher, sampler: Sampler = ALWAYS_ON) -> Tracer:
    provider = TracerProvider(sampler=sampler)
    provider.add_span_processor(StatusSpanProcessor(publisher))
    tracer: Tracer = provider.get_tracer("tests")
    return tracer


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {"gen_ai.operation.name": name, **{key.replace("_id", ".id"): value for key, value in more.items()}}


@contextmanager
def late(tracer: Tracer, name: str, **attributes: Any) -> Iterator[Span]:
    """A span that is told what it is after it has begun."""
    with tracer.start_as_current_span(name) as span:
        span.set_attributes(attributes)
        yield span


def adk(publisher: RecordingPublisher) -> None:
    """The root says what it is, all else does by its name; the model's span ends after the tools, and after those a
    merged one."""
    tracer = tracer_of(publisher)
    root = {"gen_ai.operation.name": "invoke_workflow", **CONVERSATION}
    with (
        tracer.start_as_current_span("invocation", attributes=root),
        late(tracer, "invoke_agent clerk", **operation("invoke_agent"), **CONVERSATION),
    ):
        with late(tracer, "call_llm"), late(tracer, "generate_content gemini") as model:
            with late(tracer, "execute_tool bash", **operation("execute_tool")):
                pass
            with late(tracer, "execute_tool (merged)", **operation("execute_tool")):
                pass
            model.set_attributes(USED)
        with late(tracer, "call_llm"), late(tracer, "generate_content gemini") as model:
            model.set_attributes(USED)


def adk_agent_as_tool(publisher: RecordingPublisher) -> None:
    """Since the model's span is around the tools, an inner agent's model calls are inside it; they are none of its."""
    tracer = tracer_of(publisher)
    with (
        tracer.start_as_current_span("invocation", attributes={**operation("invoke_workflow"), **CONVERSATION}),
        late(tracer, "generate_content gemini", **USED),
        late(tracer, "execute_tool explorer"),
        late(tracer, "invoke_agent explorer"),
        late(tracer, "generate_content gemini", **USED),
    ):
        pass


def agent_framework(publisher: RecordingPublisher) -> None:
    """Names alone at the start, but for the tool's; no id of a session anywhere."""
    tracer = tracer_of(publisher)
    agent = {"gen_ai.agent.name": "Clerk", **operation("invoke_agent"), **USED}
    with late(tracer, "invoke_agent Clerk", **agent):
        with late(tracer, "chat gpt", **operation("chat"), **USED):
            pass
        tool = {**operation("execute_tool"), "gen_ai.tool.name": "bash"}
        with tracer.start_as_current_span("execute_tool bash", attributes=tool):
            pass
        with late(tracer, "chat gpt", **operation("chat"), **USED):
            pass


def strands(publisher: RecordingPublisher) -> None:
    """Names alone, and the session's id right after the start."""
    tracer = tracer_of(publisher)
    with (
        late(tracer, "invoke_agent Strands Agents", **{"session.id": "42"}, **operation("invoke_agent")),
        late(tracer, "execute_event_loop_cycle"),
    ):
        with late(tracer, "chat", **operation("chat"), **USED):
            pass
        with late(tracer, "execute_tool bash", **operation("execute_tool")):
            pass


def id_at_the_end(publisher: RecordingPublisher) -> None:
    """As the instrumentations of LangGraph and the OpenAI Agents SDK have it."""
    tracer = tracer_of(publisher)
    with tracer.start_as_current_span("invoke_agent", attributes=operation("invoke_agent")) as agent:
        with tracer.start_as_current_span("chat gpt", attributes=operation("chat")):
            pass
        agent.set_attributes(CONVERSATION)


def ends_after_its_like(publisher: RecordingPublisher) -> None:
    """A span without an id or a child, beside a bridge that sees the same run begin and end before it."""
    other = Runs(publisher, "web")
    other.begin("run", session_id="42")
    span = tracer_of(publisher).start_span("invoke_agent Clerk")
    other.end("run")
    span.set_attributes(CONVERSATION)
    span.end()


def openinference(publisher: RecordingPublisher) -> None:
    tracer = tracer_of(publisher)
    kind = "openinference.span.kind"
    with tracer.start_as_current_span("CodeAgent.run", attributes={kind: "AGENT", "session.id": "42"}):
        with late(tracer, "step") as step:
            step.set_attributes({})
        used = {"llm.token_count.prompt": 500, "llm.token_count.completion": 100}
        with tracer.start_as_current_span("Model.generate", attributes={kind: "LLM", **used}):
            pass
        with tracer.start_as_current_span("FunctionTool", attributes={kind: "TOOL", "tool.name": "bash"}):
            pass


def agent(tracer: Tracer, number: object = "42", *, children: int = 1) -> None:
    about = {**operation("invoke_agent"), "gen_ai.conversation.id": str(number)}
    with tracer.start_as_current_span("invoke_agent Clerk", attributes=about):
        for _ in range(children):
            with tracer.start_as_current_span("chat gpt", attributes=operation("chat")):
                pass


def nothing_sampled(publisher: RecordingPublisher) -> None:
    agent(tracer_of(publisher, ParentBased(ALWAYS_OFF)))


def recorded_though_not_sampled(publisher: RecordingPublisher) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=RecordingSampler(ParentBased(ALWAYS_OFF)))
    provider.add_span_processor(StatusSpanProcessor(publisher))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent(provider.get_tracer("tests"))
    assert exporter.get_finished_spans() == ()


def named(publisher: RecordingPublisher) -> None:
    with status_key("chat:7"):
        agent(tracer_of(publisher))


def no_agent(publisher: RecordingPublisher) -> None:
    tracer = tracer_of(publisher)
    with tracer.start_as_current_span("GET /"), tracer.start_as_current_span("chat", attributes=operation("chat")):
        pass
    with tracer.start_as_current_span("execute_tool bash", attributes=operation("execute_tool")):
        pass


def error_that_is_no_exception(publisher: RecordingPublisher) -> None:
    with tracer_of(publisher).start_as_current_span("invoke_agent", attributes=CONVERSATION) as span:
        span.set_attribute("error.type", "rate_limit")
        span.set_status(Status(StatusCode.ERROR))


def stopped(publisher: RecordingPublisher) -> None:
    with tracer_of(publisher).start_as_current_span("invoke_agent", attributes=CONVERSATION) as span:
        span.record_exception(asyncio.CancelledError())
        span.set_status(Status(StatusCode.ERROR))


def late_children(publisher: RecordingPublisher) -> None:
    """A tool that goes on after its agent, a model in it, and what begins then."""
    tracer = tracer_of(publisher)
    root = tracer.start_span("invoke_agent", attributes=CONVERSATION)
    inside = set_span_in_context(root)
    tool = tracer.start_span("execute_tool bash", context=inside)
    root.end()
    tracer.start_span("chat gpt", context=set_span_in_context(tool)).end()
    tool.end()
    tracer.start_span("execute_tool read", context=inside).end()
    tracer.start_span("chat gpt", context=inside).end()


def other_shapes(publisher: RecordingPublisher) -> None:
    """Of attributes that are not what the conventions say, one is a mistake and none reaches the agent."""
    tracer = tracer_of(publisher)
    with tracer.start_as_current_span("invoke_agent", attributes={**CONVERSATION, "gen_ai.agent.name": 7}):
        with tracer.start_as_current_span("chat gpt", attributes={"gen_ai.usage.input_tokens": "many"}):
            pass
        with tracer.start_as_current_span("chat gpt", attributes={"gen_ai.operation.name": ("a", "b")}):
            pass
        with tracer.start_as_current_span("", attributes={"gen_ai.operation.name": "execute_tool"}):
            pass


def never_ended(publisher: RecordingPublisher) -> None:
    """Ten agents of whose spans none ends, where there is room for three."""
    usual, follower.MAX_SPANS = follower.MAX_SPANS, 3  # type: ignore[misc]
    try:
        tracer = tracer_of(publisher)
        for number in range(10):
            about = {"gen_ai.conversation.id": str(number)}
            tracer.start_span("invoke_agent Clerk", attributes=about)
        assert set(publisher.sessions) == {f"opentelemetry:{number}" for number in (7, 8, 9)}
    finally:
        follower.MAX_SPANS = usual  # type: ignore[misc]


def threads(publisher: RecordingPublisher) -> None:
    tracer = tracer_of(publisher)

    def work(number: int) -> None:
        for turn in range(25):
            agent(tracer, f"{number}-{turn % 5}", children=2)

    running = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def ended_in_another_thread(publisher: RecordingPublisher) -> None:
    """Children of an agent begin while it ends."""
    tracer = tracer_of(publisher)
    for number in range(200):
        root = tracer.start_span("invoke_agent", attributes={"name": number})
        tool = tracer.start_span("execute_tool bash", context=set_span_in_context(root)) if number % 2 else root
        inside = set_span_in_context(tool)
        ready = threading.Barrier(2)

        def begin(ready: threading.Barrier = ready, inside: Any = inside) -> None:
            ready.wait()
            tracer.start_span("chat gpt", context=inside).end()

        thread = threading.Thread(target=begin)
        thread.start()
        ready.wait()
        root.end()
        thread.join()
    assert publisher.sessions == {}


def error_types_alone(publisher: RecordingPublisher) -> None:  # noqa: ARG001 - it needs one of its own
    """What a publisher is told to show of exceptions, it shows of those that spans tell of."""
    careful = RecordingPublisher(error_text=lambda error: type(error).__name__)
    try:
        with tracer_of(careful).start_as_current_span("invoke_agent", attributes=CONVERSATION):
            raise ValueError("my password is hunter2")
    except ValueError:
        assert careful.sessions["opentelemetry:42"].error_message == "ValueError"


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    play.__name__: play
    for play in (
        adk,
        adk_agent_as_tool,
        agent_framework,
        strands,
        id_at_the_end,
        ends_after_its_like,
        openinference,
        nothing_sampled,
        recorded_though_not_sampled,
        named,
        no_agent,
        error_that_is_no_exception,
        stopped,
        late_children,
        other_shapes,
        never_ended,
        threads,
        ended_in_another_thread,
        error_types_alone,
    )
}
