"""The proxy on the way to a gateway."""

import httpx
import pytest

from agent_status_gateway.cli.proxy import ProxyError, is_loopback, proxy_for

PROXY = "http://proxy.example:3128"
ALL = {"http": PROXY, "https": PROXY}


def proxy_to(url: str, **proxies: str) -> str | None:
    return proxy_for(httpx.URL(url), proxies)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "web.localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0"]
)
# proxy: Rule 1
def test_a_loopback_address_is_reached_directly_whatever_the_variables_say(host: str) -> None:
    assert is_loopback(host)
    shown = f"[{host}]" if ":" in host else host
    assert proxy_to(f"http://{shown}:8000", http=PROXY, all="socks5://127.0.0.1:1080") is None


@pytest.mark.parametrize("host", ["status.example", "10.0.0.1", "localhost.example", "2001:db8::1"])
def test_another_address_is_reached_by_the_proxy(host: str) -> None:
    assert not is_loopback(host)
    shown = f"[{host}]" if ":" in host else host
    assert proxy_to(f"http://{shown}", **ALL) == PROXY
    assert proxy_to(f"http://{shown}") is None


@pytest.mark.parametrize(
    ("exceptions", "host"),
    [
        ("*", "status.example"),
        ("example", "status.example"),
        (".example", "status.example"),
        ("*.example", "status.example"),
        ("other, Status.Example:8000", "status.example"),
        ("http://status.example", "status.example"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3:8000", "10.1.2.3"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("[2001:db8::1]:8000", "[2001:db8::1]"),
        ("2001:db8::/32", "[2001:db8::1]"),
    ],
)
# proxy: Rule 2
def test_an_exception_is_reached_directly(exceptions: str, host: str) -> None:
    assert proxy_to(f"http://{host}:8000", no=exceptions, **ALL) is None


@pytest.mark.parametrize("exceptions", ["", ",", "ample", "::1", "[", "fd00::/8", "10.0.0.0/8", "not-an-address/99"])
# proxy: Rule 2
def test_an_exception_for_something_else_does_not_count_and_is_not_an_error(exceptions: str) -> None:
    assert proxy_to("http://status.example", no=exceptions, **ALL) == PROXY
    assert proxy_to("http://[2001:db8::1]", no=exceptions, **ALL) == PROXY


# proxy: Rule 3
def test_the_variable_of_the_scheme_comes_before_that_of_all() -> None:
    assert proxy_to("https://status.example", https=PROXY, all="http://other:1") == PROXY
    assert proxy_to("http://status.example", https=PROXY, all="http://other:1") == "http://other:1"
    assert proxy_to("http://status.example", http="proxy.example:3128") == PROXY


@pytest.mark.parametrize(
    "proxy",
    [
        *("socks5://user:hunter2@proxy:1080", "socks5h://proxy:1080", "http://", "http://proxy:port", "ftp://x"),
        *("http://user:hunter2@proxy:99999", "proxy:0", "http://a b:3128"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_an_error_that_names_the_variable_and_no_password(
    proxy: str,
) -> None:
    # proxy: Rule 4
    with pytest.raises(ProxyError, match=r"ALL_PROXY .* add status\.example to NO_PROXY") as caught:
        proxy_to("http://status.example", all=proxy)
    assert "hunter2" not in str(caught.value)
