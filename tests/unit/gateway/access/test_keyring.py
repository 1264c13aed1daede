"""Named keys, and tickets that are signed with one."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from agent_status_gateway.access.keyring import KeyRing, KeysError, parse_keys

RING = KeyRing({"wall": "geheim-ü", "phone": "other"})
NOW = 1_800_000_000


def test_a_key_is_found_by_its_value_and_not_by_its_name() -> None:
    assert RING.name_of(["geheim-ü".encode()]) == "wall"
    assert RING.name_of([b"wrong", b"other"]) == "phone"
    for wrong in (b"", b"wall", b"geheim", "geheim-ü ".encode(), b"othe"):
        assert RING.name_of([wrong]) is None
    assert RING.name_of([]) is None


def test_a_ring_without_keys_is_open() -> None:
    assert KeyRing({}).is_open
    assert not RING.is_open


def test_a_ticket_is_valid_until_it_expires_on_every_ring_that_has_its_key() -> None:
    ticket = RING.ticket("wall", NOW + 600)
    elsewhere = KeyRing({"renamed": "geheim-ü"})
    assert RING.name_of_ticket(ticket, NOW) == "wall"
    assert elsewhere.name_of_ticket(ticket, NOW + 599.9) == "renamed"
    assert RING.name_of_ticket(ticket, NOW + 600) is None
    assert KeyRing({"phone": "other"}).name_of_ticket(ticket, NOW) is None


@pytest.mark.parametrize(
    "change", ["expiry", "mark", "unknown mark", "no mark", "signature", "cut", "more", "other alphabet"]
)
def test_a_changed_ticket_is_refused(change: str) -> None:
    ticket = RING.ticket("wall", NOW + 600)
    expiry, mark, signature = ticket.split(".")
    changed = {
        "expiry": f"{NOW + 601}.{mark}.{signature}",
        "mark": f"{expiry}.{RING.ticket('phone', NOW + 600).split('.')[1]}.{signature}",
        "unknown mark": f"{expiry}.{'A' * 16}.{signature}",
        "no mark": f"{expiry}.{signature}",
        "signature": f"{expiry}.{mark}.{'A' * 43}",
        "cut": ticket[:-1],
        "more": ticket + "A",
        "other alphabet": f"{expiry}.{mark}.{'+' * 43}",
    }
    assert RING.name_of_ticket(changed[change], NOW) is None


def test_a_ring_does_as_much_for_a_request_with_one_key_as_with_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    one = KeyRing({"one": "key one"})
    many = KeyRing({f"key{number}": f"key {number}" for number in range(1000)})
    done: list[str] = []
    for module, name in ((hashlib, "blake2b"), (hmac, "digest"), (hmac, "compare_digest")):
        real = getattr(module, name)

        def counted(*given: Any, name: str = name, real: Callable[..., Any] = real, **more: Any) -> Any:
            done.append(name)
            return real(*given, **more)

        monkeypatch.setattr(module, name, counted)
    work = []
    for ring, name in ((one, "one"), (many, "key500")):
        ticket = ring.ticket(name, NOW + 600)
        done.clear()
        assert ring.name_of([b"guess", b"other guess"]) is None
        assert ring.name_of_ticket(f"{NOW + 600}.{'A' * 16}.{'A' * 43}", NOW) is None
        assert ring.name_of_ticket(ticket.replace(str(NOW + 600), str(NOW + 601)), NOW) is None
        work.append(sorted(done))
    assert work[0] == work[1] == ["blake2b", "blake2b", "compare_digest", "digest"]


@given(st.text())
def test_text_is_not_a_ticket(text: str) -> None:
    assert RING.name_of_ticket(text, NOW) is None


def test_a_ticket_holds_nothing_of_the_key_and_is_not_a_key() -> None:
    ticket = RING.ticket("wall", NOW + 600)
    assert "geheim" not in ticket
    assert RING.name_of([ticket.encode()]) is None


def test_a_newer_ring_names_the_keys_that_were_removed_or_changed() -> None:
    newer = KeyRing({"wall": "geheim-ü", "phone": "changed", "new": "n"})
    assert RING.lost_to(newer) == {"phone"}
    assert RING.lost_to(KeyRing({})) == {"wall", "phone"}


def test_a_list_of_keys_has_a_name_and_a_key_on_each_line() -> None:
    assert parse_keys("# dashboards\nwall: a:b c\n\n  phone :other \r\n") == {"wall": "a:b c", "phone": "other"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("wall geheim", 1),
        ("wall: a\n: geheim", 2),
        ("wall:", 1),
        ("a b: geheim", 1),
        ("a: x\na: geheim", 2),
    ],
)
def test_a_line_that_is_something_else_is_named_by_its_number_and_not_repeated(text: str, line: int) -> None:
    with pytest.raises(KeysError, match=f"line {line}:") as caught:
        parse_keys(text)
    assert "geheim" not in str(caught.value)
