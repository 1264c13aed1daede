"""The text of a ticket, with and without a scope."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from agent_status_gateway.access.keys.tickets import (
    MAX_SCOPE_CHARACTERS,
    PURPOSE,
    mark_of,
    parse_ticket,
    verified_scope,
    write_ticket,
)
from agent_status_gateway.state.views.view import WHOLE, View

KEY = "geheim-ü".encode()
UNTIL = 1_800_000_600
WEB = View(channel=frozenset({"web"}), session=frozenset({"web:ü,&=", "web:1"}))
BEFORE_SCOPES = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})")
"""A ticket as replicas knew it before there were scopes."""


def scope_of(text: str, key: bytes = KEY) -> View | None:
    ticket = parse_ticket(text)
    return None if ticket is None else verified_scope(ticket, key)


def base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_ticket_without_a_scope_is_the_text_that_it_always_was() -> None:
    signature = base64(hmac.digest(KEY, b"agent-status ticket 1800000600", "sha256"))
    text = write_ticket(KEY, UNTIL)
    assert text == f"{UNTIL}.{mark_of(KEY)}.{signature}"
    assert BEFORE_SCOPES.fullmatch(text)
    assert scope_of(text) == WHOLE


def test_a_ticket_carries_its_scope() -> None:
    assert scope_of(write_ticket(KEY, UNTIL, WEB)) == WEB
    assert scope_of(write_ticket(KEY, UNTIL, WEB), b"another") is None


def test_a_replica_that_knows_no_scopes_refuses_a_ticket_that_has_one() -> None:
    # tickets: Rule 1
    assert not BEFORE_SCOPES.fullmatch(write_ticket(KEY, UNTIL, WEB))


def test_without_its_scope_a_ticket_is_void_and_none_can_be_added() -> None:
    # tickets: Rule 1
    expiry, mark, scope, signature = write_ticket(KEY, UNTIL, WEB).split(".")
    plain_signature = write_ticket(KEY, UNTIL).split(".")[2]
    assert scope_of(f"{expiry}.{mark}.{scope}.{signature}") == WEB
    assert scope_of(f"{expiry}.{mark}.{signature}") is None
    assert scope_of(f"{expiry}.{mark}..{signature}") is None
    assert scope_of(f"{expiry}.{mark}.{scope}.{plain_signature}") is None
    assert scope_of(f"{UNTIL + 1}.{mark}.{scope}.{signature}") is None


def test_a_changed_scope_voids_a_ticket_also_if_it_is_only_spelled_otherwise() -> None:
    expiry, mark, scope, signature = write_ticket(KEY, UNTIL, WEB).split(".")
    query = urlsafe_b64decode(scope + "=" * (-len(scope) % 4))
    for other in (b"channel=web", query + b"&session=ci:1", b"&".join(reversed(query.split(b"&")))):
        assert scope_of(f"{expiry}.{mark}.{base64(other)}.{signature}") is None
    assert scope_of(f"{expiry}.{mark}.{scope}=.{signature}") is None
    unused_bits = chr(ord(signature[-1]) + 1)  # the last character has two bits that base64 ignores
    assert scope_of(f"{expiry}.{mark}.{scope}.{signature[:-1]}{unused_bits}") is None


@pytest.mark.parametrize("query", [b"channel=web&namespace=b", b"state=error", b"channel=", b"", b"\xff", b"channel"])
def test_a_scope_that_is_signed_but_not_understood_voids_its_ticket(query: bytes) -> None:
    # tickets: Rule 2
    scope = base64(query)
    signed = b"agent-status ticket with a scope " + f"{UNTIL}.{scope}".encode()
    signature = base64(hmac.digest(KEY, signed, "sha256"))
    assert scope_of(f"{UNTIL}.{mark_of(KEY)}.{scope}.{signature}") is None


def test_no_ticket_with_a_scope_is_signed_as_one_without() -> None:
    assert not (PURPOSE + b"1").startswith(b"agent-status ticket with")
    expiry, mark, scope, _ = write_ticket(KEY, UNTIL, WEB).split(".")
    forged = base64(hmac.digest(KEY, PURPOSE + f"{expiry}.{scope}".encode(), "sha256"))
    assert scope_of(f"{expiry}.{mark}.{scope}.{forged}") is None


def test_a_ticket_fits_into_a_url() -> None:
    longest = View(session=frozenset({"x" * 506 + str(number) for number in range(4)}))
    assert len(longest.query()) == 4 * (8 + 507) + 3
    too_long = View(session=longest.session, channel=frozenset({"web"})) if len(longest.query()) < 2000 else longest
    with pytest.raises(ValueError, match="at most 2048 characters"):
        write_ticket(KEY, UNTIL, too_long)
    fits = View(session=frozenset({"x" * 500 + str(number) for number in range(4)}))
    assert len(fits.query()) <= MAX_SCOPE_CHARACTERS
    text = write_ticket(KEY, UNTIL, fits)
    assert scope_of(text) == fits
    assert len(text) < 4096
