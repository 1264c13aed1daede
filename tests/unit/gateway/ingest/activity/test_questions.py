"""Questions of one session that a user has not answered yet."""

from agent_status_gateway.ingest.activity import questions as questions_module
from agent_status_gateway.ingest.activity.calls import OpenCalls
from agent_status_gateway.ingest.activity.questions import Questions


class Session:
    """Calls and questions of one session."""

    def __init__(self) -> None:
        self.calls = OpenCalls()
        self.questions = Questions(self.calls)

    def end(self, agent: str | None, tool: str, call_id: str | None) -> int:
        """End a call, and return how many questions are open."""
        call = self.calls.end(agent, tool, call_id, self.questions.calls)
        if call is not None:
            self.questions.answer_call(call)
        self.questions.answer_agent(agent)
        return len(self.questions)


# questions: Rule 1
def test_a_question_is_about_the_call_with_its_id() -> None:
    session = Session()
    session.calls.start(None, "bash", "1")
    session.calls.start(None, "bash", "2")
    session.questions.ask(None, "bash", "1")
    assert session.end(None, "bash", "2") == 1
    assert session.end(None, "bash", "1") == 0


# questions: Rule 1
def test_without_an_id_it_is_about_the_newest_call_of_its_agent_and_tool_that_is_not_asked_about() -> None:
    session = Session()
    session.calls.start(None, "bash", "1")
    session.calls.start(None, "bash", "2")
    session.calls.start(None, "read", "3")
    session.calls.start("a1", "bash", "4")
    session.questions.ask(None, "bash", None)
    assert [call.id for call in session.questions.calls] == ["2"]
    session.questions.ask(None, "bash", None)
    assert [call.id for call in session.questions.calls] == ["2", "1"]


# questions: Rule 1
def test_a_question_about_another_tool_is_about_the_newest_call_of_its_agent() -> None:
    session = Session()
    session.calls.start(None, "bash", "1")
    session.calls.start("a1", "bash", "2")
    session.questions.ask(None, "NetworkAccess", None)
    assert session.end("a1", "bash", "2") == 1
    assert session.end(None, "bash", "1") == 0


# questions: Rule 2
def test_a_question_without_a_call_is_answered_when_its_agent_goes_on() -> None:
    session = Session()
    session.questions.ask("a1", "bash", None)
    session.questions.answer_agent("a2")
    session.questions.answer_agent(None)
    assert len(session.questions) == 1
    session.questions.answer_agent("a1")
    assert len(session.questions) == 0


# questions: Rule 3
def test_an_event_that_repeats_a_question_adds_none() -> None:
    session = Session()
    call = session.calls.start(None, "AskUserQuestion", "1")
    session.calls.start(None, "bash", "2")
    session.questions.about(call)
    session.questions.ask(None, "AskUserQuestion", None)
    session.questions.ask(None, "AskUserQuestion", "1")
    session.questions.note("approval")
    assert session.end(None, "AskUserQuestion", "1") == 0
    session.questions.ask("a1", "bash", None)
    session.questions.ask("a1", "bash", None)
    assert len(session.questions) == 1


def test_an_mcp_server_asks_about_a_call_of_its_own_tools() -> None:
    session = Session()
    session.calls.start(None, "mcp__shop__buy", "1")
    session.calls.start(None, "mcp__bank__pay", "2")
    session.questions.ask_for_server("shop")
    session.questions.ask_for_server("bank")
    assert [call.id for call in session.questions.calls] == ["1", "2"]
    session.questions.answer_server("shop")
    assert [call.id for call in session.questions.calls] == ["2"]
    session.questions.answer_server(None)
    assert len(session.questions) == 0


def test_the_answer_of_a_server_answers_no_other_question() -> None:
    session = Session()
    session.calls.start(None, "bash", "1")
    session.questions.ask(None, "bash", "1")
    session.questions.answer_server(None)
    assert len(session.questions) == 1


def test_questions_that_nobody_answers_fill_no_memory() -> None:
    session = Session()
    for agent in range(1000):
        session.questions.ask(str(agent), "bash", None)
    assert len(session.questions) == questions_module.MAX_QUESTIONS
