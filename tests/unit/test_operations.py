"""What the how-tos for operators say, and what deploy/ ships, held against the code."""

import json
import re
from typing import Final

import pytest

from agent_status_gateway.fanout.events.retry import MAX_RETRY_MS, MIN_RETRY_MS
from agent_status_gateway.settings import Settings
from tests.support.documents import ROOT, doc_page, rows

TROUBLESHOOTING: Final = doc_page("how-to/troubleshooting.md")
RUN_GATEWAYS: Final = doc_page("how-to/run-gateways.md")
SOURCES: Final = "".join(path.read_text("utf-8") for path in (ROOT / "gateway").rglob("*.py"))
CONFIGURATIONS: Final = {
    "nginx": ROOT / "deploy" / "nginx" / "nginx.conf",
    "haproxy": ROOT / "deploy" / "haproxy" / "haproxy.cfg",
    "caddy": ROOT / "deploy" / "caddy" / "Caddyfile",
}


def test_each_log_line_is_one_that_is_written() -> None:
    lines = [line for row in rows(TROUBLESHOOTING, "| line | meaning |") for line in re.findall(r"`([^`]+)`", row[0])]
    assert len(lines) > 6
    for line in lines:
        assert line.partition(" …")[0].partition(" (…")[0] in SOURCES, line


def test_the_retry_that_it_names_is_the_hubs() -> None:
    assert f"between {MIN_RETRY_MS // 1000} and {MAX_RETRY_MS // 1000} s" in RUN_GATEWAYS


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_a_balancers_idle_timeouts_are_above_two_keepalives(name: str) -> None:
    text = CONFIGURATIONS[name].read_text("utf-8")
    seconds = re.findall(r"(?:proxy_read_timeout|send_timeout|timeout (?:server|client)) (\d+)s", text)
    assert len(seconds) == 2
    assert all(int(number) > 2 * Settings.model_fields["keepalive_seconds"].default for number in seconds)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_balancer_asks_another_replica_only_because_it_hides_who_wants_a_stream(name: str) -> None:
    text = CONFIGURATIONS[name].read_text("utf-8")
    assert "/api/v1/agent/status/stream" in text
    assert re.search(r"""(?:Accept|status/stream) "?\*/\*""", text)


def test_the_dashboards_file_is_one_that_can_be_imported() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "agent-status.json").read_text("utf-8"))
    assert dashboard["id"] is None
    assert dashboard["uid"] == "agent-status-gateway"
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource", "job"]
