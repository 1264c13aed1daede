"""Records LlamaIndex by OpenInference, with llama-index-core and openinference-instrumentation-llama-index."""

import asyncio
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, ReActAgent
from llama_index.core.llms import ChatMessage, ChatResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

from tests.bridges.recorded.recorder import installed, record

PACKAGES = ("llama-index-core", "openinference-instrumentation-llama-index")
CALL = 'Thought: I need a tool\nAction: bash\nAction Input: {"command": "ls"}'
DONE = "Thought: I can answer without using any more tools.\nAnswer: done"


class Scripted(CustomLLM):
    """A model whose answers are texts or errors, one after the other."""

    answers: list[Any]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    @llm_chat_callback()
    async def astream_chat(self, *_: Any, **__: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}

        async def pieces() -> Any:
            message = ChatMessage(role="assistant", content=answer)
            yield ChatResponse(message=message, delta=answer, raw={"usage": usage})

        return pieces()

    def complete(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    def stream_complete(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def bash(command: str) -> str:
    """Run a command."""
    return command


def agent(name: str, *answers: Any) -> ReActAgent:
    return ReActAgent(name=name, description=name, tools=[bash], llm=Scripted(answers=list(answers)))


async def tools() -> None:
    await agent("Weather", CALL, DONE).run("x")


async def workflow() -> None:
    await AgentWorkflow(agents=[agent("Weather", CALL, DONE)], root_agent="Weather").run("x")


async def asking() -> None:
    """A tool that waits for a person's answer in the run itself."""

    async def confirm(ctx: Context, question: str) -> str:
        """Ask a person."""
        asked = InputRequiredEvent(prefix="the secret payload")
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_id="confirm", waiter_event=asked)
        return str(answer.response)

    call = 'Thought: I need a tool\nAction: confirm\nAction Input: {"question": "x"}'
    run = ReActAgent(name="Weather", description="w", tools=[confirm], llm=Scripted(answers=[call, DONE])).run("x")
    async for event in run.stream_events():
        if isinstance(event, InputRequiredEvent):
            await asyncio.sleep(0.05)
            run.ctx.send_event(HumanResponseEvent(response="yes"))
    await run


async def failing() -> None:
    await agent("Weather", RuntimeError("overloaded")).run("x")


if __name__ == "__main__":
    provider, recorder = installed()
    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    plays = (tools, workflow, asking, failing)
    asyncio.run(record("llama_index_openinference", PACKAGES, {play.__name__: play for play in plays}, recorder))
