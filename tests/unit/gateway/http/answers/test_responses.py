"""A response whose body comes in pieces."""

import asyncio

from starlette.types import Message, Scope

from agent_status_gateway.http.answers.responses import Pieces


def test_a_body_in_pieces_has_its_length_and_comes_uncopied() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise NotImplementedError

    pieces = [b"abc", b"de"]
    scope: Scope = {"type": "http"}
    asyncio.run(Pieces(pieces, media_type="application/json", headers={"Vary": "X"})(scope, receive, send))
    start, *bodies = sent
    assert dict(start["headers"])[b"content-length"] == b"5"
    assert dict(start["headers"])[b"vary"] == b"X"
    assert [message["body"] for message in bodies] == [*pieces, b""]
    assert [message["more_body"] for message in bodies] == [True, True, False]
    assert bodies[0]["body"] is pieces[0]
