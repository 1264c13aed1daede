"""Which hosts a request may name."""

import pytest

from agent_status_gateway.access.hosts import MAX_ALLOWED, Hosts

LOOPBACK = ("127.0.0.1", 8000)
ELSEWHERE = ("192.0.2.7", 8000)
EVIL = "evil.example:8000"


def request(*hosts: str, server: tuple[str, int | None] | None = LOOPBACK) -> dict[str, object]:
    return {"headers": [(b"host", host.encode("latin-1")) for host in hosts], "server": server}


def is_refused(scope: dict[str, object], *names: str, asks_for_key: bool = False) -> bool:
    return Hosts(names, lambda: asks_for_key).refusal(scope) is not None


# hosts: Rule 1
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_at_a_loopback_address_without_a_key_another_name_is_refused(address: str) -> None:
    assert is_refused(request(EVIL, server=(address, 8000)))


# hosts: Rule 1
@pytest.mark.parametrize("server", [ELSEWHERE, ("2001:db8::1", 8000), ("/run/gateway.sock", None), None])
def test_elsewhere_any_name_is_allowed_until_names_are_set(server: tuple[str, int | None] | None) -> None:
    assert not is_refused(request(EVIL, server=server))
    assert is_refused(request(EVIL, server=server), "status.example.org")


# hosts: Rule 1
def test_with_a_key_any_name_is_allowed_until_names_are_set() -> None:
    assert not is_refused(request(EVIL), asks_for_key=True)
    assert is_refused(request(EVIL), "status.example.org", asks_for_key=True)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LocalHost:8000", "localhost.", "localhost:"])
def test_localhost_is_always_allowed(host: str) -> None:
    assert not is_refused(request(host))
    assert not is_refused(request(host), "status.example.org")


# hosts: Rule 2
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "192.0.2.7:80", "[::1]", "[::1]:8000", "[2001:db8::1]"]
)
def test_an_address_is_always_allowed(host: str) -> None:
    assert not is_refused(request(host))
    assert not is_refused(request(host), "status.example.org")


@pytest.mark.parametrize("host", ["status.example.org", "status.example.org:443", "STATUS.example.org", "caddy:80"])
def test_a_name_that_is_set_is_allowed(host: str) -> None:
    assert not is_refused(request(host), "status.example.org", "caddy")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "evil.localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1:8000:evil.example",
        "localhost:8000@evil.example",
        "localhost, evil.example",
        "localhost evil.example",
        "::1",
        "[::1",
        "[evil.example]",
        "xstatus.example.org",
        "\xff",
    ],
)
def test_anything_else_is_refused(host: str) -> None:
    assert is_refused(request(host), "status.example.org")


# hosts: Rule 3
def test_a_request_without_a_host_is_allowed_and_of_several_each_must_be() -> None:
    assert not is_refused(request())
    assert is_refused(request("localhost", EVIL))
    assert is_refused(request(EVIL, "localhost"))


def test_a_refusal_names_the_host_and_the_setting_and_repeats_no_long_text() -> None:
    reason = Hosts((), lambda: False).refusal(request(EVIL)) or ""
    assert "'evil.example'" in reason
    assert "AGENT_STATUS_ALLOWED_HOSTS" in reason
    assert len(Hosts((), lambda: False).refusal(request("x" * 8000)) or "") < 300


def test_what_was_allowed_or_refused_once_is_so_again() -> None:
    hosts = Hosts(["status.example.org"], lambda: False)
    for _ in range(2):
        assert hosts.refusal(request("status.example.org:443")) is None
        assert hosts.refusal(request(EVIL)) is not None


def test_few_and_short_spellings_are_remembered() -> None:
    hosts = Hosts([], lambda: False)
    for port in range(2 * MAX_ALLOWED):
        assert hosts.refusal(request(f"localhost:{port}")) is None
    assert hosts.refusal(request("localhost:" + "1" * 1000)) is None
    assert len(hosts._allowed) == MAX_ALLOWED
