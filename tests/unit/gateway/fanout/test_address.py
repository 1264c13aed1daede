"""A client's address, and what it is counted by."""

import pytest

from agent_status_gateway.fanout.address import MAX_CHARACTERS, client_of, counted_as


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
def test_an_address_is_taken_as_it_is(host: str) -> None:
    assert client_of({"client": (host, 80)}) == (host, 80)


@pytest.mark.parametrize("host", ["", "testclient", "300.1.1.1", "192.0.2.1 ", "1" * (MAX_CHARACTERS + 1)])
def test_text_that_is_not_an_address_is_unknown(host: str) -> None:
    assert client_of({"client": (host, 80)}) == ("unknown", 0)


@pytest.mark.parametrize("scope", [{}, {"client": None}])
def test_a_client_without_an_address_is_unknown(scope: dict[str, None]) -> None:
    assert client_of(scope) == ("unknown", 0)


@pytest.mark.parametrize("port", [-1, 65_536, 10**1000])
def test_a_port_out_of_range_is_0(port: int) -> None:
    assert client_of({"client": ("192.0.2.1", port)}) == ("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_client_is_counted_by_its_network_and_any_other_by_its_address(host: str, counted: str) -> None:
    assert counted_as(host) == counted
