"""Named keys, and tickets that are signed with one."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from agent_status_gateway.access.keys.key_lines import Key, KeysError
from agent_status_gateway.access.keys.keyring import KeyRing
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.state.views.view import WHOLE, View


def ring(**secrets: str) -> KeyRing:
    return KeyRing({name: Key(secret) for name, secret in secrets.items()})


def name_of(ring: KeyRing, *given: bytes) -> str | None:
    readers = ring.readers(given)
    return readers[-1].key_name if readers else None


def name_of_ticket(ring: KeyRing, ticket: str, now: float) -> str | None:
    reader = ring.reader_of_ticket(ticket, now)
    return None if reader is None else reader.key_name


RING = ring(wall="geheim-ü", phone="other")
NOW = 1_800_000_000


def test_a_key_is_found_by_its_value_and_not_by_its_name() -> None:
    assert name_of(RING, "geheim-ü".encode()) == "wall"
    assert name_of(RING, b"wrong", b"other") == "phone"
    for wrong in (b"", b"wall", b"geheim", "geheim-ü ".encode(), b"othe"):
        assert name_of(RING, wrong) is None
    assert name_of(RING) is None


def test_a_ring_without_keys_is_open() -> None:
    assert KeyRing({}).is_open
    assert not RING.is_open


def test_a_ticket_is_valid_until_it_expires_on_every_ring_that_has_its_key() -> None:
    ticket = RING.ticket("wall", NOW + 600)
    elsewhere = ring(renamed="geheim-ü")
    assert name_of_ticket(RING, ticket, NOW) == "wall"
    assert name_of_ticket(elsewhere, ticket, NOW + 599.9) == "renamed"
    assert name_of_ticket(RING, ticket, NOW + 600) is None
    assert name_of_ticket(ring(phone="other"), ticket, NOW) is None


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
    assert name_of_ticket(RING, changed[change], NOW) is None


def test_a_ring_does_as_much_for_a_request_with_one_key_as_with_a_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ring(one="key one")
    many = ring(**{f"key{number}": f"key {number}" for number in range(1000)})
    done: list[str] = []
    for module, name in ((hashlib, "blake2b"), (hmac, "digest"), (hmac, "compare_digest")):
        real = getattr(module, name)

        def counted(*given: Any, name: str = name, real: Callable[..., Any] = real, **more: Any) -> Any:
            done.append(name)
            return real(*given, **more)

        monkeypatch.setattr(module, name, counted)
    work = []
    for made, name in ((one, "one"), (many, "key500")):
        ticket = made.ticket(name, NOW + 600)
        done.clear()
        assert name_of(made, b"guess", b"other guess") is None
        assert name_of_ticket(made, f"{NOW + 600}.{'A' * 16}.{'A' * 43}", NOW) is None
        assert name_of_ticket(made, ticket.replace(str(NOW + 600), str(NOW + 601)), NOW) is None
        work.append(sorted(done))
    assert work[0] == work[1] == ["blake2b", "blake2b", "compare_digest", "digest"]


@given(st.text())
def test_text_is_not_a_ticket(text: str) -> None:
    assert name_of_ticket(RING, text, NOW) is None


def test_a_ticket_holds_nothing_of_the_key_and_is_not_a_key() -> None:
    ticket = RING.ticket("wall", NOW + 600)
    assert "geheim" not in ticket
    assert name_of(RING, ticket.encode()) is None


def test_a_newer_ring_names_the_keys_that_were_removed_or_changed() -> None:
    newer = ring(wall="geheim-ü", phone="changed", new="n")
    assert RING.lost_to(newer) == {"phone"}
    assert RING.lost_to(KeyRing({})) == {"wall", "phone"}


WEB, CI = View(channel=frozenset({"web"})), View(channel=frozenset({"ci"}))
SCOPED = KeyRing({"team": Key("geheim", WEB), "wall": Key("other")})


def test_a_reader_may_see_what_its_key_allows() -> None:
    assert SCOPED.readers([b"geheim"]) == [Reader("team", WEB)]
    assert SCOPED.readers([b"other", b"geheim", b"wrong"]) == [Reader("wall", WHOLE), Reader("team", WEB)]
    assert SCOPED.has_scopes
    assert not RING.has_scopes


def test_a_ticket_narrows_what_its_key_allows_now() -> None:
    one = View(session=frozenset({"web:1"}))
    plain, narrow = SCOPED.ticket("team", NOW + 1), SCOPED.ticket("team", NOW + 1, one)
    assert SCOPED.reader_of_ticket(plain, NOW) == Reader("team", WEB)
    assert SCOPED.reader_of_ticket(narrow, NOW) == Reader("team", one.within(WEB))
    later = KeyRing({"team": Key("geheim", CI)})
    assert later.reader_of_ticket(plain, NOW) == Reader("team", CI)
    assert later.reader_of_ticket(narrow, NOW) == Reader("team", one.within(CI))
    assert ring(team="geheim").reader_of_ticket(narrow, NOW) == Reader("team", one)


def test_a_ticket_for_more_than_its_key_allows_shows_no_more() -> None:
    wider = SCOPED.ticket("team", NOW + 1, View(channel=frozenset({"web", "ci"})))
    assert SCOPED.reader_of_ticket(wider, NOW) == Reader("team", WEB)
    other = SCOPED.reader_of_ticket(SCOPED.ticket("team", NOW + 1, CI), NOW)
    assert other == Reader("team", View(channel=frozenset()))
    assert other is not None
    assert not other.sees_all


def test_a_key_whose_scope_has_changed_is_lost_as_if_it_were_another_key() -> None:
    for scope in (CI, WHOLE, View(channel=frozenset({"web", "ci"}))):
        newer = KeyRing({"team": Key("geheim", scope), "wall": Key("other")})
        assert SCOPED.lost_to(newer) == {"team"}
    assert KeyRing({"team": Key("geheim", View(channel=frozenset(["web"])))}).lost_to(SCOPED) == set()


def test_one_key_cannot_have_two_scopes() -> None:
    with pytest.raises(KeysError, match="the same key has two names with different scopes"):
        KeyRing({"a": Key("geheim"), "b": Key("geheim", WEB)})
