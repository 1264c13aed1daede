"""Options that are made of settings."""

import re

import pytest
from typer.testing import CliRunner, Result

from agent_status_gateway.cli.commands import cli
from agent_status_gateway.settings import IngestSettings, RedisSettings, Settings


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def options(command: str) -> dict[str, str]:
    """Each option with its type, as `--help` shows them."""
    return dict(re.findall(r"^  (--[a-z-]+)(?: <(\w+)>)?", run(command, "--help").stdout, re.MULTILINE))


@pytest.mark.parametrize(
    ("command", "settings", "prefix", "others"),
    [("serve", Settings, "", {"--embedded"}), ("ingest", IngestSettings, "ingest_", set[str]())],
)
def test_every_setting_is_an_option_but_a_key(
    command: str, settings: type[RedisSettings], prefix: str, others: set[str]
) -> None:
    names = {name.removeprefix(prefix).replace("_", "-") for name in settings.model_fields}
    keys = {"api-key", "key"}
    assert set(options(command)) == {f"--{name}" for name in names - keys} | others | {"--help"}


def test_an_option_has_the_type_of_its_setting() -> None:
    types = options("serve")
    assert types["--port"] == types["--max-clients-per-key"] == "int"
    assert types["--debounce-seconds"] == types["--max-requests-per-second"] == "float"
    assert types["--api-keys-file"] == "path"
    assert types["--cors-origins"] == types["--log-format"] == types["--host"] == "str"


def test_a_setting_that_is_on_or_off_is_a_flag() -> None:
    assert options("ingest")["--show-idle"] == ""


@pytest.mark.parametrize("command", ["serve", "ingest"])
def test_help_has_the_description_and_the_default_of_a_setting(command: str) -> None:
    field = Settings.model_fields["redis_url"]
    assert f"{field.description} [default: {field.default}]" in " ".join(run(command, "--help").stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "--port", "abc"), "Invalid value for '--port'"),
        (("serve", "--log-level", "loud"), "AGENT_STATUS_LOG_LEVEL: "),
        (("ingest", "--port", "70000"), "AGENT_STATUS_INGEST_PORT: "),
        (("ingest", "--ttl-seconds", "0"), "AGENT_STATUS_INGEST_TTL_SECONDS: "),
        (("ingest", "--host", "0.0.0.0"), "AGENT_STATUS_INGEST_KEY: "),
    ],
)
def test_a_wrong_value_gets_a_clear_line_and_a_status(arguments: tuple[str, ...], message: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 2
    assert message in ended.stderr.splitlines()[-1]
