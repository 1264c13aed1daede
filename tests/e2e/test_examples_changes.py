"""Each documented way of folding change events, run as it is written, against a fleet that changes."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStatus
from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.conftest import SESSION_KEY, THINKING, TOOL_RUNNING, Program
from tests.e2e.test_clients_browser import pages_served
from tests.e2e.test_clients_go import BUILD_SECONDS, OFFLINE
from tests.e2e.test_examples_docs import at
from tests.support.documents import doc_page, example

EVENTS: Final = doc_page("reference/events.md")
OTHER_KEY: Final = "ci:7"

States = dict[str, str]


def check_that_it_folds(shown: Callable[[], States | None], session: Session, publisher: StatusPublisher) -> None:
    """A session is there when the reader comes. Another one comes and goes, and the first one changes."""

    def wait_for(states: States) -> None:
        wait_until(lambda: shown() == states, f"the example shows {states}")

    wait_for(THINKING)
    other = publisher.session(OTHER_KEY)
    wait_for(THINKING | {OTHER_KEY: "thinking"})
    session.tool_running("bash")
    wait_for(TOOL_RUNNING | {OTHER_KEY: "thinking"})
    other.end()
    wait_for(TOOL_RUNNING)


def last(reader: Program, parse: Callable[[str], States]) -> States | None:
    return parse(reader.lines[-1]) if reader.lines else None


def test_curl_and_jq_fold(gateway: GatewayProcess, session: Session, publisher: StatusPublisher) -> None:
    need.program("curl")
    need.program("jq")
    command = at(gateway, example(EVENTS, "sh", "events=changes"))
    with Program(need.program("sh"), "-c", command) as reader:
        check_that_it_folds(lambda: last(reader, json.loads), session, publisher)


def test_a_page_folds(gateway: GatewayProcess, session: Session, publisher: StatusPublisher, browser: Browser) -> None:
    with pages_served() as port, browser.new_page() as page:
        page.goto(f"http://localhost:{port}")
        page.add_script_tag(content=at(gateway, example(EVENTS, "js", "events=changes")))

        def shown() -> States:
            states: States = page.evaluate("Object.fromEntries([...rows].map(([key, row]) => [key, row.state]))")
            return states

        check_that_it_folds(shown, session, publisher)
        assert page.evaluate(f"Date.now() - rows.get('{SESSION_KEY}').since") < 20_000


def test_python_folds(gateway: GatewayProcess, session: Session, publisher: StatusPublisher) -> None:
    with Program(sys.executable, "-c", at(gateway, example(EVENTS, "python", "events=changes"))) as reader:
        check_that_it_folds(
            lambda: last(reader, lambda line: ast.literal_eval(line.partition(" ")[2])), session, publisher
        )


@pytest.mark.slow
@pytest.mark.timeout(BUILD_SECONDS + 30)
def test_go_folds(gateway: GatewayProcess, session: Session, publisher: StatusPublisher, tmp_path: Path) -> None:
    go = need.go()
    source, folding = tmp_path / "main.go", tmp_path / "folding"
    source.write_text(at(gateway, example(EVENTS, "go", "events=changes")), "utf-8")
    subprocess.run([go, "build", "-o", folding, source], env=os.environ | OFFLINE, timeout=BUILD_SECONDS, check=True)
    with Program(folding) as reader:
        check_that_it_folds(
            lambda: last(reader, lambda line: dict(re.findall(r"\{(\S+) (\w+)\}", line))), session, publisher
        )


def test_an_example_of_a_change_has_its_fields() -> None:
    data = json.loads(EVENTS.partition("event: change\ndata: ")[2].partition("\n")[0])
    assert list(data) == ["from", "global", "sessions", "gone"]
    assert list(data["global"]) == list(GlobalStatus.__annotations__)
    assert [list(session) for session in data["sessions"]] == [
        [name for name in SessionStatus.__annotations__ if name in SessionStatus.__required_keys__]
    ]
