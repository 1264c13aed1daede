"""Through the SDK's own tracer. It knows no tokens; in their place are spans of something else, inside the agent's."""

from typing import Any, Final

from opentelemetry.sdk.trace import TracerProvider

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from bench.turns import Play

PACKAGE: Final = "opentelemetry-sdk"
EVENTS: Final = 8
AGENT: Final = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "42", "gen_ai.agent.name": "Clerk"}
MODEL: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt",
    "gen_ai.usage.input_tokens": 500,
    "gen_ai.usage.output_tokens": 100,
}
TOOL: Final = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "bash"}
OTHER: Final = {"http.request.method": "GET", "url.full": "http://localhost/"}


def player(publisher: StatusPublisher | None) -> Play:
    provider = TracerProvider()
    if publisher is not None:
        provider.add_span_processor(StatusSpanProcessor(publisher))
    tracer = provider.get_tracer("bench")

    def span(name: str, attributes: dict[str, Any]) -> Any:
        return tracer.start_as_current_span(name, attributes=attributes)

    def play(turns: int, tokens: int) -> None:
        for _ in range(turns):
            with span("invoke_agent Clerk", AGENT):
                with span("chat gpt", MODEL):
                    pass
                with span("execute_tool bash", TOOL):
                    pass
                with span("chat gpt", MODEL):
                    for _ in range(tokens):
                        with span("GET", OTHER):
                            pass

    return play
