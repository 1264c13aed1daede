"""The answer to a query or a body with a wrong value: 422, in the form that FastAPI gives to wrong parameters."""

from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_publisher.contract.text import cut_text

MAX_SHOWN_CHARACTERS: Final = 200
"""The most characters of a wrong value that are repeated in the answer."""


class Expected(TypedDict):
    """The value that would be right, in words."""

    expected: str


class WrongField(TypedDict):
    """One field with a wrong value."""

    type: str
    loc: Annotated[
        list[str], Field(description="`query` or `body`, and the name of the field", examples=[["query", "state"]])
    ]
    msg: Annotated[str, Field(description="A sentence that says what would be right")]
    input: Annotated[str, Field(description=f"The wrong value, cut to {MAX_SHOWN_CHARACTERS} characters")]
    ctx: Expected


class WrongFields(TypedDict):
    """A list of one: the first field whose value is wrong."""

    detail: list[WrongField]


def unprocessable(error: WrongFieldError, place: Literal["query", "body"] = "query") -> Response:
    """Make the answer, which names the field and says what would be right; without a field, the place as a whole."""
    # A lone surrogate, which JSON can have, could not be encoded.
    given = cut_text(error.value, MAX_SHOWN_CHARACTERS).encode("utf-8", "replace").decode()
    problem: WrongField = {
        "type": "value_error",
        "loc": [place, error.field] if error.field else [place],
        "msg": f"Input should be {error.expected}",
        "input": given,
        "ctx": {"expected": error.expected},
    }
    answer: WrongFields = {"detail": [problem]}
    return JSONResponse(answer, 422)
