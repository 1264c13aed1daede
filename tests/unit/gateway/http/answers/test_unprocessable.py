"""The answer to a wrong value: in FastAPI's form, of bounded length, whatever was given."""

from typing import Annotated, Any, Literal

import orjson
import pytest
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient

from agent_status_gateway.http.answers.unprocessable import MAX_SHOWN_CHARACTERS, unprocessable
from agent_status_gateway.state.views.query import WrongFieldError


def problem(error: WrongFieldError) -> dict[str, Any]:
    response = unprocessable(error)
    assert response.status_code == 422
    (only,) = orjson.loads(response.body)["detail"]
    assert isinstance(only, dict)
    return only


def test_the_answer_names_the_field_and_says_what_would_be_right() -> None:
    assert problem(WrongFieldError("state", "asleep", "'thinking' or 'error'")) == {
        "type": "value_error",
        "loc": ["query", "state"],
        "msg": "Input should be 'thinking' or 'error'",
        "input": "asleep",
        "ctx": {"expected": "'thinking' or 'error'"},
    }


def test_the_form_is_the_one_that_fastapi_gives_to_a_wrong_parameter() -> None:
    app = FastAPI()

    @app.get("/")
    async def endpoint(_state: Annotated[Literal["thinking", "error"], Query(alias="state")]) -> None: ...

    theirs = TestClient(app).get("/?state=asleep").json()["detail"][0]
    ours = problem(WrongFieldError("state", "asleep", "'thinking' or 'error'"))
    assert {**theirs, "type": ""} == {**ours, "type": ""}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("x" * 8_000, "x" * (MAX_SHOWN_CHARACTERS - 1) + "…"),
        ("a\ud800b", "a?b"),
        ("<script>\n\"'", "<script>\n\"'"),
    ],
)
def test_a_wrong_value_is_shown_as_text_of_bounded_length(given: str, shown: str) -> None:
    assert problem(WrongFieldError("session", given, "a session key"))["input"] == shown
