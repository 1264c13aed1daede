"""One request, whatever answers it."""

from email.utils import formatdate

import pytest

from agent_status_gateway.cli.notify.targets import http_post
from agent_status_gateway.cli.notify.targets.http_post import MOST_RETRY_AFTER, post
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, Told
from chaos.clients.receiver import DRIPS, HANGS, NEVER_ENDS, Answer, Receiver

NOW = 1_800_000_000.0


def answered(status: int, **headers: str) -> Sent:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with Receiver(lambda _: (status, given)) as receiver:
        return post(f"{receiver.url}/a/secret/path", b"{}", {}, NOW)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_told(status: int) -> None:
    assert answered(status) == Told()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301, 307, 501, 505])
def test_a_refusal_and_a_redirect_are_refused_without_the_path(status: int) -> None:
    assert answered(status, Location="http://127.0.0.1:1/") == Refused(f"127.0.0.1 answered {status}")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 408, 425, 429])
def test_a_failure_may_be_tried_again(status: int) -> None:
    assert answered(status) == Failed(f"127.0.0.1 answered {status}", 0.0)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("9" * 500, MOST_RETRY_AFTER),
        ("-5", 0.0),
        ("soon", 0.0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", 0.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0.0),
        ("", 0.0),
    ],
)
def test_a_target_is_left_alone_for_as_long_as_it_says_within_reason(given: str, seconds: float) -> None:
    assert answered(503, Retry_After=given) == Failed("127.0.0.1 answered 503", seconds)


@pytest.mark.parametrize("answer", [HANGS, DRIPS])
def test_a_target_that_never_answers_fails_in_time(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_post, "ANSWER_SECONDS", 0.5)
    with Receiver(lambda _: answer) as receiver:
        assert post(receiver.url, b"{}", {}, NOW) == Failed("127.0.0.1 did not answer within 0.5 s")


def test_an_answer_that_never_ends_is_told_by_its_head() -> None:
    with Receiver(lambda _: NEVER_ENDS) as receiver:
        assert post(receiver.url, b"{}", {}, NOW) == Told()


@pytest.mark.parametrize("url", ["http://a..b/", "http://xn--/"])
def test_a_host_name_that_cannot_be_looked_up_is_a_failure(url: str) -> None:
    assert isinstance(post(url, b"{}", {}, NOW), Failed | Refused)


def test_nobody_at_the_address_is_a_failure() -> None:
    assert post("http://127.0.0.1:1/secret", b"{}", {}, NOW) == Failed("127.0.0.1 cannot be reached (ConnectError)")


def test_a_target_of_this_machine_is_reached_directly_and_another_one_by_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert post(f"{receiver.url}/secret", b"{}", {}, NOW) == Told()
        assert (len(receiver.requests), proxy.requests) == (1, [])
        assert post("http://hooks.example.org/path", b"{}", {}, NOW) == Told()
        assert [request.path for request in proxy.requests] == ["http://hooks.example.org/path"]


def test_a_proxy_that_cannot_be_used_is_a_failure_that_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://me:SECRET@proxy.example.org:1080")
    sent = post("http://hooks.example.org/", b"{}", {}, NOW)
    assert isinstance(sent, Failed)
    assert "ALL_PROXY" in sent.reason
    assert "SECRET" not in sent.reason
