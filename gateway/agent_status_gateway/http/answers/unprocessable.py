"""The answer to a query or a body with a wrong value: 422, in the form that FastAPI gives to wrong parameters."""

from typing import Final, Literal

from starlette.responses import JSONResponse, Response

from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_publisher.contract.text import cut_text

MAX_SHOWN_CHARACTERS: Final = 200
"""The most characters of a wrong value that are repeated in the answer."""


def unprocessable(error: WrongFieldError, place: Literal["query", "body"] = "query") -> Response:
    """Make the answer, which names the field and says what would be right; without a field, the place as a whole."""
    # A lone surrogate, which JSON can have, could not be encoded.
    given = cut_text(error.value, MAX_SHOWN_CHARACTERS).encode("utf-8", "replace").decode()
    problem = {
        "type": "value_error",
        "loc": [place, error.field] if error.field else [place],
        "msg": f"Input should be {error.expected}",
        "input": given,
        "ctx": {"expected": error.expected},
    }
    return JSONResponse({"detail": [problem]}, 422)
