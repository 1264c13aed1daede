"""Queries for views, right and wrong, as real clients spell them."""

import http.client
from contextlib import closing

import httpx
import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.change_reader import ChangeReader
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.wait import wait_until

SPELLINGS = (
    "channel=web,ci&state=thinking&session=a%3Ab",
    "state=thinking&channel=ci&session=a:b&channel=web",
    "channel=%77eb%2Cci&session=%61%3ab&%73tate=thinking",
    "channel=ci,web,ci&state=thinking,thinking&session=a:b&session=a:b&chanel=x&key",
)


@pytest.mark.usefixtures("fleet")
def test_equal_queries_are_one_view_however_they_are_spelled(gateway: GatewayThread) -> None:
    dashboards = [Dashboard(gateway.url, f"{STREAM}?{spelling}") for spelling in SPELLINGS]
    try:
        for dashboard in dashboards:
            dashboard.wait_for_first()
        assert len(gateway.app.replica.pipeline._audiences) == 1
    finally:
        for dashboard in dashboards:
            dashboard.close()
    wait_until(lambda: not len(gateway.app.replica.pipeline._audiences), "nothing is left of it")


KEYS = [
    ("a:b,c", "a:b,c"),
    ("a:b,c", "a%3Ab%2Cc"),
    ("a:50%", "a:50%25"),
    ("a:50%zz", "a:50%zz"),
    ("a:x y", "a:x+y"),
    ("a:x y", "a:x%20y"),
    ("a:x+y", "a:x%2By"),
    ("a:b&c=d", "a:b%26c%3dd"),
    ("a:ü", "a:%C3%BC"),
    ("a:#1", "a:%231"),
    ("a:%2541", "a:%252541"),
    ("nocolon", "nocolon"),
]
"""Session keys, each with a spelling of it in a query."""


def test_a_session_key_is_found_in_any_spelling_of_it(gateway: GatewayThread, fleet: StatusPublisher) -> None:
    for key, spelled in KEYS:
        fleet.session(key)
        with ChangeReader(gateway.url, f"session={spelled}") as reader:
            reader.wait_for({key: "thinking"})
            fleet.session(key).streaming()
            reader.wait_for({key: "streaming"})
        fleet.session(key).end()


WRONG = {
    "channel=": "channel",
    "channel": "channel",
    "channel=web,": "channel",
    "channel=a:b": "channel",
    "channel=a%00b": "channel",
    "channel=%ff": "channel",
    "state=busy": "state",
    "state=thinking,": "state",
    "state=Thinking": "state",
    "state=thinking%20": "state",
    "session=": "session",
    "session=%0a": "session",
    "session=web:1&session=": "session",
    "session=%ed%a0%80": "session",
    "session=" + "x" * 1000: "session",
    "parent=": "parent",
    "label=": "label",
    "label=team": "label",
    "label=:web": "label",
    "&".join(f"session=s:{number}" for number in range(101)): "session",
    "channel=" + ",".join("a" * 101): "channel",
    "channel=" + "," * 5000: "channel",
}
"""Queries, each with the field that is wrong in it."""


def test_a_wrong_value_is_a_422_that_names_the_field_and_takes_no_place(gateway: GatewayThread) -> None:
    asked = [
        (query, path, accept) for query in WRONG for path in (STATUS, STREAM) for accept in ("text/event-stream", "*/*")
    ]
    with httpx.Client(base_url=gateway.url, timeout=8) as client:
        for query, path, accept in asked:
            answer = client.get(f"{path}?{query}", headers={"Accept": accept})
            assert answer.status_code == 422, (query, answer.text)
            (problem,) = answer.json()["detail"]
            assert problem["loc"] == ["query", WRONG[query]], query
            assert problem["msg"].startswith("Input should be ")
            assert len(answer.content) < 2000, "what a stranger wrote is not repeated at length"
        for query in WRONG:
            assert client.head(f"{STREAM}?{query}").status_code == 422, query
    assert len(gateway.app.replica.hub) == len(gateway.app.replica.pipeline._audiences) == 0


@pytest.mark.usefixtures("fleet")
def test_a_query_may_be_as_long_as_a_target_may_be(gateway: GatewayThread) -> None:
    query = "session=web:1&session=ci:1&ignored="
    query += "x" * (8 * 1024 - len(STREAM) - len(query) - 1)
    with Dashboard(gateway.url, f"{STREAM}?{query}") as dashboard:
        dashboard.wait_for({"ci:1": "tool_running", "web:1": "thinking"})
    assert set(gateway.states(f"?{query}")) == {"ci:1", "web:1"}


@pytest.mark.parametrize("path", [STATUS, STREAM])
def test_fields_that_are_repeated_without_end_are_refused(gateway: GatewayThread, served: Served, path: str) -> None:
    def answer(repeats: int) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=8)) as connection:
            connection.request("GET", f"{path}?{'channel=web&' * repeats}")
            return connection.getresponse().status

    assert answer(100) == 200
    assert answer(101) == 422
    assert answer(1000) == (414 if isinstance(served.http, type) else 422), "our own connections have a limit before"
    assert answer(10_000) in {400, 414, 422}, "uvicorn's parser has one, too"
