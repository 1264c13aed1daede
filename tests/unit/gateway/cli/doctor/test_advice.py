"""The reason why something does not answer."""

import socket
import ssl

import httpx
import pytest
from redis.exceptions import AuthenticationError, InvalidResponse
from redis.exceptions import ConnectionError as RedisConnectionError

from agent_status_gateway.cli.doctor.advice import (
    GATEWAY_ADVICE,
    OTHER_GATEWAY,
    OTHER_REDIS,
    REDIS_ADVICE,
    Cause,
    cause_of,
    gateway_advice,
    redis_advice,
)


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"), Cause.UNKNOWN_HOST),
        (ConnectionRefusedError(111, "Connect call failed"), Cause.REFUSED),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1)"), Cause.REFUSED),
        (httpx.ConnectTimeout("timed out"), Cause.NO_ANSWER),
        (TimeoutError(), Cause.NO_ANSWER),
        (certificate_error(10), Cause.EXPIRED),
        (certificate_error(18), Cause.UNTRUSTED),
        (certificate_error(62), Cause.WRONG_NAME),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Cause.NOT_TLS),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), Cause.CLOSED),
        (httpx.RemoteProtocolError("illegal status line: bytearray(b'-ERR')"), Cause.OTHER_PROTOCOL),
        (RedisConnectionError("Connection closed by server."), Cause.CLOSED),
        (InvalidResponse("Protocol Error: b'HTTP/1.1 400'"), Cause.OTHER_PROTOCOL),
        (AuthenticationError("invalid username-password pair or user is disabled."), Cause.WRONG_PASSWORD),
        (AuthenticationError("AUTH <password> called without any password configured"), Cause.UNNEEDED_PASSWORD),
        (ValueError("anything"), Cause.OTHER),
    ],
)
def test_the_cause_is_found_also_behind_the_errors_that_it_led_to(error: Exception, cause: Cause) -> None:
    assert cause_of(error) is cause
    outer = httpx.ConnectError("it failed")
    outer.__cause__ = RuntimeError("something between")
    outer.__cause__.__context__ = error
    assert cause_of(outer) is cause


def test_errors_that_name_each_other_are_followed_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first
    assert cause_of(first) is Cause.OTHER


def test_each_cause_has_an_advice_where_it_can_happen() -> None:
    assert set(REDIS_ADVICE) == set(Cause) - {Cause.OTHER}
    assert set(REDIS_ADVICE) - set(GATEWAY_ADVICE) == {Cause.UNNEEDED_PASSWORD, Cause.WRONG_PASSWORD}
    assert gateway_advice(ValueError()) == OTHER_GATEWAY
    assert redis_advice(ValueError()) == OTHER_REDIS
