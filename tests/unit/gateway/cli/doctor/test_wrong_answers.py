"""Answers that a gateway does not give."""

import httpx
import pytest

from agent_status_gateway.cli.doctor.wrong_answers import not_a_gateway, not_a_stream

URL = "http://status.example"


def response(status: int, text: str = "", kind: str = "text/html", **headers: str) -> httpx.Response:
    sent = {"content-type": kind, **headers}
    return httpx.Response(status, headers=sent, text=text, request=httpx.Request("GET", URL))


@pytest.mark.parametrize(
    ("answer", "url", "what", "advice"),
    [
        (
            response(502, "Bad Gateway"),
            URL,
            "a proxy on the way answered 502",
            "address of the gateway in that proxy's",
        ),
        (response(504), URL, "a proxy on the way answered 504", "address of the gateway in that proxy's"),
        (response(401), URL, "answered 401: it asks for a login", "check the way"),
        (response(301, location="https://x.example/"), URL, "a redirect to https://x.example/", "in --url"),
        (response(404), f"{URL}/api/v1", "no gateway below the path /api/v1", f"such as {URL}"),
        (response(404), URL, "/readyz answered 404 without JSON", "address of a gateway"),
        (
            response(404, '{"detail":"Not Found"}'),
            URL,
            "answered 404 with JSON that is not a gateway's",
            "of a gateway",
        ),
        (response(503, '{"reason":null}'), URL, "a proxy on the way answered 503", "that proxy's configuration"),
        (response(200, "[]"), URL, "answered 200 with JSON that is not a gateway's", "of a gateway"),
        (response(400, "plain HTTP to HTTPS port"), URL, "answered 400 without JSON", "use https://"),
        (response(421), URL, f"refuses the host of {URL}", "AGENT_STATUS_ALLOWED_HOSTS"),
    ],
)
def test_what_answers_in_a_gateways_place_is_named_with_its_advice(
    answer: httpx.Response, url: str, what: str, advice: str
) -> None:
    finding = not_a_gateway(answer, url)
    assert finding is not None
    assert what in finding.what
    assert advice in finding.advice
    assert "None" not in finding.what + finding.advice


@pytest.mark.parametrize("answer", [response(200, '{"status":"ok"}'), response(503, '{"reason":"no Redis"}')])
def test_a_gateways_answer_is_not_wrong(answer: httpx.Response) -> None:
    assert not_a_gateway(answer, URL) is None


def test_a_stream_is_a_stream_and_all_else_is_named() -> None:
    assert not_a_stream(response(200, kind="text/event-stream; charset=utf-8"), URL) is None
    for answer, what in (
        (response(403, kind="application/json"), "the stream requires a key"),
        (response(502), "a proxy on the way answered 502"),
        (response(503, kind="application/json"), "the stream answered 503"),
        (response(200), "the stream answered 200, text/html"),
    ):
        finding = not_a_stream(answer, URL)
        assert finding is not None
        assert what in finding.what


def test_a_key_that_was_sent_and_refused_is_not_called_missing() -> None:
    answer = response(403, kind="application/json")
    answer.request.headers["X-Status-Key"] = "geheim"
    finding = not_a_stream(answer, URL)
    assert finding is not None
    assert finding.what == "the gateway refused the key"
