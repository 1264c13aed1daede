"""Through LangChain's callback managers, as agents call them."""

from typing import Final

from langchain_core.callbacks import CallbackManager
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.langchain import StatusCallbackHandler
from bench.turns import Play

PACKAGE: Final = "langchain-core"
EVENTS: Final = 8
USED: Final = AIMessage(content="", usage_metadata={"input_tokens": 500, "output_tokens": 100, "total_tokens": 600})
ANSWER: Final = LLMResult(generations=[[ChatGeneration(message=USED)]])


def player(publisher: StatusPublisher | None) -> Play:
    heard = [] if publisher is None else [StatusCallbackHandler(publisher)]

    def play(turns: int, tokens: int) -> None:
        for _ in range(turns):
            manager = CallbackManager.configure(inheritable_callbacks=heard, inheritable_metadata={"thread_id": "42"})
            chain = manager.on_chain_start({}, {}, name="Clerk")
            inside = chain.get_child()
            (model,) = inside.on_chat_model_start({}, [[]])
            model.on_llm_end(ANSWER)
            inside.on_tool_start({"name": "bash"}, "").on_tool_end("done")
            (model,) = inside.on_chat_model_start({}, [[]])
            for _ in range(tokens):
                model.on_llm_new_token("word")
            model.on_llm_end(ANSWER)
            chain.on_chain_end({})

    return play
