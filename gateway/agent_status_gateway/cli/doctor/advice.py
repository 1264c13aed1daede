"""Pure: the reason why something does not answer, and what to do about it, at a gateway's address or at Redis's."""

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

import httpx
from redis.exceptions import AuthenticationError, InvalidResponse
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

EXPIRED: Final = 10
WRONG_NAMES: Final = frozenset({62, 64})
"""OpenSSL's codes of `X509_verify_cert_error_string`: the certificate is for another name, or another address."""
REFUSED: Final = (f"[Errno {errno.ECONNREFUSED}]", f"Error {errno.ECONNREFUSED} ", "Connect call failed")
"""Texts of a refused connection, in errors that several addresses' errors were joined into."""
NO_PASSWORD: Final = ("without any password configured", "no password is set")
"""Texts of Redis ≥ 6 and of older ones, where a user sends a password to a server that has none."""


ANY: Final = ("",)


class Cause(Enum):
    """The reason why a connection failed."""

    UNKNOWN_HOST = auto()
    REFUSED = auto()
    NO_ANSWER = auto()
    EXPIRED = auto()
    WRONG_NAME = auto()
    UNTRUSTED = auto()
    NOT_TLS = auto()
    CLOSED = auto()
    OTHER_PROTOCOL = auto()
    UNNEEDED_PASSWORD = auto()
    WRONG_PASSWORD = auto()
    OTHER = auto()


RULES: Final[list[tuple[tuple[type[BaseException], ...], tuple[str, ...], Cause]]] = [
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), ANY, Cause.CLOSED),
    ((ssl.SSLError,), ANY, Cause.NOT_TLS),
    ((socket.gaierror,), ANY, Cause.UNKNOWN_HOST),
    ((AuthenticationError,), NO_PASSWORD, Cause.UNNEEDED_PASSWORD),
    ((AuthenticationError,), ANY, Cause.WRONG_PASSWORD),
    ((InvalidResponse,), ANY, Cause.OTHER_PROTOCOL),
    ((httpx.RemoteProtocolError,), ("disconnected",), Cause.CLOSED),
    ((httpx.RemoteProtocolError,), ANY, Cause.OTHER_PROTOCOL),
    ((ConnectionResetError, BrokenPipeError, httpx.ReadError), ANY, Cause.CLOSED),
    ((OSError, httpx.ConnectError, RedisConnectionError), REFUSED, Cause.REFUSED),
    ((RedisConnectionError,), ("closed by server",), Cause.CLOSED),
    ((TimeoutError, httpx.TimeoutException, RedisTimeoutError), ANY, Cause.NO_ANSWER),
]
"""The cause of an error of these kinds with one of these texts in it. The first rule that fits counts."""
GATEWAY_ADVICE: Final = {
    Cause.UNKNOWN_HOST: "its name cannot be resolved: check the spelling of the host in --url, and this machine's DNS",
    Cause.REFUSED: "nothing listens there: check the port in --url, and the --host of the gateway",
    Cause.NO_ANSWER: "check the host in --url, and firewalls on the way",
    Cause.EXPIRED: "the certificate has expired: renew it",
    Cause.WRONG_NAME: "the certificate is for another name: use that name in --url",
    Cause.UNTRUSTED: "the certificate is not trusted: set SSL_CERT_FILE to the file of its authority, or to "
    "the certificate itself if it is self-signed",
    Cause.NOT_TLS: "the server does not speak TLS there: use http:// in --url",
    Cause.CLOSED: "the server closed the connection: if it expects TLS, use https:// in --url",
    Cause.OTHER_PROTOCOL: "what answers there does not speak HTTP: check the port in --url",
}
REDIS_ADVICE: Final = {
    Cause.UNKNOWN_HOST: "its name cannot be resolved: check the host in REDIS_URL, and this machine's DNS",
    Cause.REFUSED: "nothing listens there: check host and port in REDIS_URL, and `bind` of Redis",
    Cause.NO_ANSWER: "check host and port in REDIS_URL, and firewalls; "
    "rediss:// is for a server with TLS, redis:// for one without",
    Cause.EXPIRED: "the certificate has expired: renew it",
    Cause.WRONG_NAME: "the certificate is for another name: use that name in REDIS_URL",
    Cause.UNTRUSTED: "the certificate is not trusted: add ?ssl_ca_certs=/path/of/its/authority.pem to REDIS_URL",
    Cause.NOT_TLS: "the server does not speak TLS there: use redis:// in place of rediss:// in REDIS_URL",
    Cause.CLOSED: "the server closed the connection: if it expects TLS, use rediss:// in REDIS_URL",
    Cause.OTHER_PROTOCOL: "what answers there is not Redis: check the port in REDIS_URL; for TLS, use rediss://",
    Cause.UNNEEDED_PASSWORD: "this Redis has no password: remove it from REDIS_URL, or unset REDIS_PASSWORD_FILE",
    Cause.WRONG_PASSWORD: "check the user and the password in REDIS_URL, or in the file of REDIS_PASSWORD_FILE",
}
OTHER_GATEWAY: Final = "check --url, and that a gateway runs there"
OTHER_REDIS: Final = "check REDIS_URL and its options, the server, and firewalls on the way"


def gateway_advice(error: BaseException) -> str:
    """Advice for when the gateway's address does not answer."""
    return GATEWAY_ADVICE.get(cause_of(error), OTHER_GATEWAY)


def redis_advice(error: BaseException) -> str:
    """Advice for when Redis does not answer, or refuses this user."""
    return REDIS_ADVICE.get(cause_of(error), OTHER_REDIS)


def cause_of(error: BaseException) -> Cause:
    """Find the reason among the errors that led to this one. The first one that is known counts."""
    return next((cause for one in _chain(error) if (cause := _cause(one)) is not None), Cause.OTHER)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The errors that led to this one, the first one first."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or found.__context__
    return reversed(chain)


def _cause(error: BaseException) -> Cause | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error.verify_code)
    text = str(error)
    for kinds, parts, cause in RULES:
        if isinstance(error, kinds) and any(part in text for part in parts):
            return cause
    return None


def _certificate(code: int) -> Cause:
    if code == EXPIRED:
        return Cause.EXPIRED
    return Cause.WRONG_NAME if code in WRONG_NAMES else Cause.UNTRUSTED
