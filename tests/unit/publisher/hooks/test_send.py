"""The way of a hook's event to ingest, past proxies."""

import pytest

from agent_status_publisher.hooks.send import _goes_direct

PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment with one proxy for TLS."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "fd00::1,[fd00::2],ingest.example,.inside.example")
    return monkeypatch


@pytest.mark.parametrize(
    "host",
    [
        *("localhost:8001", "ingest.localhost", "127.0.0.1:8001", "127.1.2.3", "[::1]:8001", "[::1]"),
        *("[fd00::1]:8001", "[fd00::2]:8001", "ingest.example:8001", "ingest.example", "a.inside.example"),
    ],
)
def test_this_machine_and_what_no_proxy_names_are_asked_without_a_proxy(host: str) -> None:
    assert _goes_direct(f"https://{host}/hooks/codex")


@pytest.mark.parametrize("host", ["build.example", "10.0.0.1:8001", "[fd00::3]:8001", "localhost.example"])
def test_what_is_elsewhere_is_asked_by_the_proxy(host: str) -> None:
    assert not _goes_direct(f"https://{host}/hooks/codex")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "socks5h://127.0.0.1:1080"])
def test_a_socks_proxy_which_python_cannot_use_is_passed_by(proxy: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", proxy)
    assert _goes_direct("https://build.example/hooks/codex")
