"""The hosts that requests over HTTP may name."""

import pytest

from agent_status_gateway.cli.mcp.http_hosts import WrongHostError, allowed_hosts


def test_this_machine_is_named_with_our_port() -> None:
    # http_hosts: Rule 1
    assert allowed_hosts(8002) == ["127.0.0.1:8002", "localhost:8002", "[::1]:8002"]


def test_on_port_80_this_machine_is_also_named_without_a_port() -> None:
    # http_hosts: Rule 1
    assert set(allowed_hosts(80)) - set(allowed_hosts(8002)) == {
        *("127.0.0.1:80", "localhost:80", "[::1]:80"),
        *("127.0.0.1", "localhost", "[::1]"),
    }


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ("status.example.org:8002", {"status.example.org:8002"}),
        ("Status.Example.org:8002", {"status.example.org:8002"}),
        ("status.example.org", {"status.example.org", "status.example.org:80", "status.example.org:443"}),
        ("status.example.org:443", {"status.example.org", "status.example.org:80", "status.example.org:443"}),
        ("[2001:db8::1]", {"[2001:db8::1]", "[2001:db8::1]:80", "[2001:db8::1]:443"}),
        ("[2001:db8::1]:8002", {"[2001:db8::1]:8002"}),
    ],
)
def test_a_name_with_the_port_of_a_scheme_or_without_any_is_allowed_in_all_spellings(
    given: str, allowed: set[str]
) -> None:
    # http_hosts: Rule 2
    assert set(allowed_hosts(9000, [given])) - set(allowed_hosts(9000)) == allowed


@pytest.mark.parametrize("given", ["", "https://status.example.org", "a b", "a:99999", "a:*", "me@host", "host/path"])
def test_what_is_not_a_host_is_refused_with_one_that_is(given: str) -> None:
    with pytest.raises(WrongHostError, match=r"--allowed-host must be a host such as status\.example\.org:8002, not "):
        allowed_hosts(8002, [given])
