"""What an operator sets."""

import pytest

from agent_status_gateway.settings import IngestSettings, Settings, SettingsError, unknown_names


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def test_without_any_variable_the_defaults_hold() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.api_key) == ("127.0.0.1", 8000, None)
    assert settings.redis_url == "redis://localhost:6379/0"
    assert (settings.debounce_seconds, settings.keepalive_seconds, settings.drain_seconds) == (1, 30, 5)


def test_our_own_redis_url_wins_and_the_plain_one_is_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, REDIS_URL="redis://plain").redis_url == "redis://plain"
    assert load(monkeypatch, AGENT_STATUS_REDIS_URL="redis://ours").redis_url == "redis://ours"


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        AGENT_STATUS_REDIS_URL="",
        REDIS_URL="redis://plain",
        AGENT_STATUS_API_KEY="",
        AGENT_STATUS_PORT="",
    )
    assert (settings.redis_url, settings.api_key, settings.port) == ("redis://plain", None, 8000)


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_STATUS_PORT", "9000")
    assert Settings.load(port=9001, host=None).port == 9001


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "abc", r"AGENT_STATUS_PORT: .*valid integer.*'abc'"),
        ("PORT", "70000", r"AGENT_STATUS_PORT: .*65535"),
        ("DEBOUNCE_SECONDS", "-1", r"AGENT_STATUS_DEBOUNCE_SECONDS: "),
        ("KEEPALIVE_SECONDS", "0", r"AGENT_STATUS_KEEPALIVE_SECONDS: "),
        ("DRAIN_SECONDS", "nan", r"AGENT_STATUS_DRAIN_SECONDS: "),
        ("MAX_CLIENTS", "0", r"AGENT_STATUS_MAX_CLIENTS: "),
        ("NAMESPACE", "a b", r"AGENT_STATUS_NAMESPACE: 'a b' is not"),
        ("CORS_ORIGINS", "example.org", r"AGENT_STATUS_CORS_ORIGINS: 'example.org' is not an origin like"),
        ("ALLOWED_HOSTS", "a.example:80", r"AGENT_STATUS_ALLOWED_HOSTS: 'a.example:80' is not a host name like"),
        ("ALLOWED_HOSTS", "*", r"AGENT_STATUS_ALLOWED_HOSTS: '\*' is not a host name like"),
        ("ALLOWED_HOSTS", "https://a.example", r"AGENT_STATUS_ALLOWED_HOSTS: 'https://a.example' is not"),
        *(
            (
                "FRAME_ANCESTORS",
                wrong,
                r"AGENT_STATUS_FRAME_ANCESTORS: .* is not an origin like https://wiki\.example\.org",
            )
            for wrong in (
                "*",
                "wiki.example",
                "https:",
                "https://a.example/x",
                "https://a.example; script-src *",
                "'self'",
            )
        ),
        ("FRAME_ANCESTORS", "none,self", r"AGENT_STATUS_FRAME_ANCESTORS: 'none' must stand alone"),
        ("REDIS_URL", "http://u:secret@h", r"AGENT_STATUS_REDIS_URL: cannot be parsed"),
        ("REDIS_URL", "redis://u:secret@h:port", r"AGENT_STATUS_REDIS_URL: cannot be parsed"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load(monkeypatch, **{f"AGENT_STATUS_{name}": value})
    assert "secret" not in str(caught.value)


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"PORT: .*MAX_CLIENTS: "):
        load(monkeypatch, AGENT_STATUS_PORT="x", AGENT_STATUS_MAX_CLIENTS="y")


def test_origins_are_a_comma_separated_list(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, AGENT_STATUS_CORS_ORIGINS="https://a.example, localhost")
    assert settings.cors_origins == ("https://a.example", "localhost")


def test_none_allows_no_origin_and_must_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, AGENT_STATUS_CORS_ORIGINS="none").cors_origins == ()
    with pytest.raises(SettingsError, match="CORS_ORIGINS: 'none' must stand alone"):
        load(monkeypatch, AGENT_STATUS_CORS_ORIGINS="none,https://a.example")


def test_allowed_hosts_are_a_comma_separated_list_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, AGENT_STATUS_ALLOWED_HOSTS="Status.Example.org., caddy,my_box")
    assert settings.allowed_hosts == ("status.example.org", "caddy", "my_box")
    assert load(monkeypatch, AGENT_STATUS_ALLOWED_HOSTS="").allowed_hosts == ()


def test_frame_ancestors_are_a_comma_separated_list_of_origins_and_none_is_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load(monkeypatch, AGENT_STATUS_FRAME_ANCESTORS="self, https://*.Example.org:8443, http://10.0.0.1:*")
    assert settings.frame_ancestors == ("self", "https://*.example.org:8443", "http://10.0.0.1:*")
    assert load(monkeypatch, AGENT_STATUS_FRAME_ANCESTORS="none").frame_ancestors == ()
    assert load(monkeypatch, AGENT_STATUS_FRAME_ANCESTORS="").frame_ancestors == ()


def test_a_misspelt_name_with_our_prefix_is_found() -> None:
    known = {"AGENT_STATUS_PORT": "1", "AGENT_STATUS_LEASE_SECONDS": "15", "PATH": "/bin"}
    assert unknown_names(known) == []
    assert unknown_names(known | {"AGENT_STATUS_PROT": "1"}) == ["AGENT_STATUS_PROT"]


def test_no_repr_shows_a_key_or_a_password() -> None:
    shown = repr(Settings.load(api_key="hush", redis_url="redis://:secret@host"))
    assert "hush" not in shown
    assert "secret" not in shown


@pytest.mark.parametrize("key", ["geheim\n", " geheim ", "geheim\r\n"])
def test_a_key_is_stripped_of_the_space_around_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    api_key = load(monkeypatch, AGENT_STATUS_API_KEY=key).api_key
    assert api_key
    assert api_key.get_secret_value() == "geheim"


def test_the_old_name_of_the_key_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKETPAW_STATUS_API_KEY", "geheim")
    key = Settings.load().api_key
    assert key is not None
    assert key.get_secret_value() == "geheim"


def test_two_names_of_the_key_that_differ_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKETPAW_STATUS_API_KEY", "geheim")
    with pytest.raises(SettingsError, match="AGENT_STATUS_API_KEY and POCKETPAW_STATUS_API_KEY are both set"):
        load(monkeypatch, AGENT_STATUS_API_KEY="hush")


def test_no_other_variable_with_the_old_prefix_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, POCKETPAW_STATUS_PORT="9").port == 8000


@pytest.mark.parametrize("settings", [Settings, IngestSettings])
def test_a_service_link_of_kubernetes_is_not_a_port(
    monkeypatch: pytest.MonkeyPatch, settings: type[Settings | IngestSettings]
) -> None:
    monkeypatch.setenv("AGENT_STATUS_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("AGENT_STATUS_INGEST_PORT", "tcp://10.0.0.1:80")
    assert settings.load() == settings()
    assert vars(settings.load()).get("port", 8000) == 8000
    assert vars(settings.load()).get("ingest_port", 8001) == 8001


def test_what_kubernetes_sets_is_not_misspelt_and_neither_is_a_commands_url() -> None:
    links = ["AGENT_STATUS_PORT_80_TCP", "AGENT_STATUS_GATEWAY_SERVICE_HOST", "AGENT_STATUS_URL"]
    assert unknown_names(dict.fromkeys(links, "x")) == []
