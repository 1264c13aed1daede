"""The commands of the page on scripts, menu bars and READMEs, run as they are written."""

import re
import subprocess
from collections.abc import Iterator
from typing import Final

import pytest

from agent_status_gateway.paths import BADGE_PATH, TEXT_PATH
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.need import program
from chaos.wait import wait_until
from tests.e2e.conftest import KEY
from tests.support.documents import doc_page, example

pytestmark = pytest.mark.slow

PAGE: Final = doc_page("how-to/text-and-badge.md")
NO_GATEWAY: Final = "http://127.0.0.1:1"
HEADLINE: Final = "degraded: 2 waiting for user, 1 in error, 1 working"


@pytest.fixture
def sessions(publisher: StatusPublisher, gateway: GatewayProcess, keyed_gateway: GatewayProcess) -> Iterator[None]:
    """Four sessions that both gateways show."""
    publisher.publish("web:42", "waiting_for_user", title="Fix auth | shell=/bin/false")
    publisher.publish("web:43", "waiting_for_user")
    publisher.publish("ci:7", "error", title="Nightly build", error_message="boom")
    publisher.publish("ci:8", "thinking")

    def are_shown() -> bool:
        texts = (gateway.get(TEXT_PATH).text, keyed_gateway.get(TEXT_PATH, headers={"X-Status-Key": KEY}).text)
        return all(text.startswith(HEADLINE) for text in texts)

    wait_until(are_shown, "all sessions are shown")
    yield
    publisher.publish("ci:7", "thinking")  # an error would outlive its worker's goodbye, on gateways that others use
    assert publisher.flush()


def printed(command: str, url: str) -> str:
    """The output of a command that asks this gateway."""
    program("curl")
    shell = program("sh")
    done = subprocess.run(
        [shell, "-c", command.replace("http://localhost:8000", url)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_a_bar(name: str) -> str:
    """The command by which a bar gets its line."""
    if name == "tmux":
        return str(re.findall(r"'#\((.*)\)'$", example(PAGE, "sh", "status-right"), re.MULTILINE)[0])
    return str(re.findall(r"^exec = (.*)$", example(PAGE, "ini", "custom/script"), re.MULTILINE)[0])


@pytest.mark.usefixtures("sessions")
def test_the_curl_commands_print_the_whole_and_a_part(gateway: GatewayProcess) -> None:
    lines = printed(example(PAGE, "sh", "state=error"), gateway.url).splitlines()
    assert lines[0] == HEADLINE
    assert lines[4] == "degraded: 1 in error"
    assert lines[5].split("\t")[1] == "ci:7"


@pytest.mark.usefixtures("sessions")
def test_the_script_tells_the_state(gateway: GatewayProcess) -> None:
    script = example(PAGE, "sh", "case $(")
    assert printed(script, gateway.url) == "agents are at work\n"
    assert printed(script.replace("status.txt", "status.txt?channel=nobody"), gateway.url) == "nobody works\n"
    assert printed(script, NO_GATEWAY) == "no gateway answers\n"
    stale = f"curl() {{ echo 'stale: idle 40 s ago, no sessions'; }}\n{script}"
    assert printed(stale, gateway.url) == "the gateway cannot hear Redis\n"


@pytest.mark.usefixtures("sessions")
def test_the_fields_are_read_by_awk(gateway: GatewayProcess) -> None:
    found = printed(example(PAGE, "sh", "has waited for").replace("> 60", ">= 0"), gateway.url)
    assert sorted(re.sub(r"\d+ seconds", "N seconds", line) for line in found.splitlines()) == [
        "web:42 has waited for N seconds: Fix auth ¦ shell=/bin/false",
        "web:43 has waited for N seconds: -",
    ]


@pytest.mark.parametrize("bar", ["tmux", "polybar"])
@pytest.mark.usefixtures("sessions")
def test_a_bar_of_one_line_gets_the_whole_or_that_there_is_no_gateway(gateway: GatewayProcess, bar: str) -> None:
    assert printed(in_a_bar(bar), gateway.url) == f"{HEADLINE}\n"
    assert printed(in_a_bar(bar), NO_GATEWAY) == "no gateway\n"


@pytest.mark.usefixtures("sessions")
def test_the_plugin_for_xbar_prints_a_menu_in_which_titles_are_no_commands(gateway: GatewayProcess) -> None:
    plugin = example(PAGE, "sh", "#!/bin/sh")
    lines = printed(plugin, gateway.url).splitlines()
    assert lines[:3] == [HEADLINE, "---", f"Open the dashboard | href={gateway.url}/"]
    assert sorted(lines[3:]) == [
        "In error: Nightly build (boom)",
        "Waits for a user: Fix auth ¦ shell=/bin/false",
        "Waits for a user: web:43",
    ]
    assert printed(plugin, NO_GATEWAY) == "no gateway\n"
    many = "curl() { printf 'active: 60 waiting for user\\nmore\\t10\\n'; }\n"
    assert printed(many + plugin, gateway.url).splitlines()[-1] == "And 10 more"


@pytest.mark.usefixtures("sessions")
def test_the_command_for_a_ticket_prints_a_badge_of_its_part(keyed_gateway: GatewayProcess) -> None:
    url = printed(example(PAGE, "sh", "2678400").replace("your-key", KEY), keyed_gateway.url).strip()
    assert url.startswith(f"{keyed_gateway.url}{BADGE_PATH}?ticket=")
    badge = keyed_gateway.get(url.removeprefix(keyed_gateway.url))
    assert "agents: 1 in error, 1 working" in badge.text


def test_the_badge_in_a_readme_has_the_path_that_is_answered() -> None:
    assert f"](https://status.example.org{BADGE_PATH}?channel=ci)]" in example(PAGE, "markdown", "What our agents do")
