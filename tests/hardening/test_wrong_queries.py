"""Queries that no view can be made of, or that are too long: a sentence each, and nobody else notices."""

import pytest

from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from tests.support.clients.http import RawClient

SECRET = "geheim"
WRONG = {
    "state=asleep": "state",
    "state=": "state",
    "state=error,,thinking": "state",
    "channel=": "channel",
    "channel=web,": "channel",
    "channel=web:1": "channel",
    "session=": "session",
    "session": "session",
    "%73ession=%0A": "session",
    "session=%ED%A0%80": "session",
    "session=web%FF": "session",
    "parent=": "parent",
    "label=team": "label",
    "label=:web": "label",
    "session=" + "x" * 513: "session",
    "session=" + "%61" * 2_600: "session",
    "session=a&" * 700 + "x=1": "session",
    "channel=" + "a," * 3_900 + "a": "channel",
    "a&" * 3_000 + "state=asleep": "state",
}
TAKEN = [
    *("session=nobody:1", "channel=nobody", "chanel=websocket", "parent=ci:7", "label=team:web", "events", "x=%FF"),
    *("session=%", "session=a%2Cb+c;d", "label=at:12:30", "&&=&", "a&" * 3_900, "session=gr%C3%B6%C3%9Fe"),
]


def answer_to(gateway: GatewayProcess, path: str, query: str) -> tuple[int, str]:
    """The status and the body of an answer that ends."""
    request = f"GET {path}?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with RawClient(gateway.port, request) as client:
        head, _, content = client.wait_for_end().partition(b"\r\n\r\n")
    return int(head.split()[1]), content.decode()


@pytest.mark.parametrize("path", [STATUS, STREAM])
@pytest.mark.slow
def test_a_wrong_value_is_answered_with_a_sentence_that_names_its_field_and_no_secret(
    attacked: GatewayProcess, path: str
) -> None:
    for query, field in WRONG.items():
        status, content = answer_to(attacked, path, f"key={SECRET}&{query}&ticket={SECRET}")
        assert status == 422, query[:100]
        assert f'"loc":["query","{field}"]' in content, query[:100]
        assert "Input should be " in content
        assert SECRET not in content
        assert len(content) < 2_000


def test_a_query_that_is_unusual_or_of_nothing_is_answered_with_a_snapshot(attacked: GatewayProcess) -> None:
    for query in TAKEN:
        status, content = answer_to(attacked, STATUS, query)
        assert (status, '"sessions":' in content) == (200, True), query[:100]


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_ten_thousand_fields_are_too_long_for_a_request(attacked: GatewayProcess, path: str) -> None:
    status, content = answer_to(attacked, path, "a=b&" * 10_000)
    assert (status, content) == (414, '{"detail":"path and query must be at most 8192 bytes"}')
    # uvicorn's parser gives up on a target over 64 KiB.
    assert answer_to(attacked, path, "session=a&" * 10_000) == (400, "Invalid HTTP request received.")
