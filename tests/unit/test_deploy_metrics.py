"""What the shipped alerts and dashboard say of the gateway's metrics, held against the code."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from fakeredis import FakeAsyncRedis

from agent_status_gateway.cli.notify.metrics import Metrics as NotifierMetrics
from agent_status_gateway.cli.notify.metrics import Outcome
from agent_status_gateway.replica import Replica
from agent_status_gateway.settings import Settings
from tests.support.documents import DOCS, ROOT, rows

RULES: Final = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULES_TEST: Final = ROOT / "deploy" / "prometheus" / "alerts_test.yml"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "agent-status.json"
ALERTS: Final = DOCS / "how-to" / "troubleshooting.md"
METRICS: Final = DOCS / "reference" / "metrics.md"
METRIC: Final = re.compile(r"\b(?:agent_status|process)_[a-z_]+")


def exposed() -> set[str]:
    """The name of each series that a replica exposes, those that have none yet included, and of each histogram."""

    async def ask() -> bytes:
        return Replica(Settings(redis_url="redis://localhost"), FakeAsyncRedis()).metrics.expose()

    text = asyncio.run(ask()).decode()
    return named_in(text)


def of_notifiers() -> set[str]:
    """The name of each series that a notifier exposes."""
    return named_in(NotifierMetrics().expose().decode())


def named_in(text: str) -> set[str]:
    return set(re.findall(r"^(?:# TYPE )?([a-z_]+)[{ ]", text, re.MULTILINE))


@pytest.mark.parametrize("file", [RULES, RULES_TEST, DASHBOARD, METRICS], ids=lambda path: path.name)
def test_every_metric_that_is_named_exists(file: Path) -> None:
    named = set(METRIC.findall(file.read_text("utf-8")))
    assert named
    assert named <= exposed() | of_notifiers()


def families(names: set[str]) -> set[str]:
    """What is left of series when those of one histogram or summary are one."""
    return {re.sub("_(bucket|sum|count)$", "", name) for name in names if not name.endswith("_created")}


def ours() -> set[str]:
    return families({name for name in exposed() if name.startswith("agent_status_")})


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    shown = set(METRIC.findall(DASHBOARD.read_text("utf-8")))
    assert ours() - families(shown) == set()


def test_the_reference_has_a_row_for_every_metric_of_ours_and_no_other() -> None:
    documented = [row[0].strip("`") for row in rows(METRICS.read_text("utf-8"), "| metric | type |")]
    assert sorted(documented) == sorted(ours())


def test_every_reason_that_an_alert_asks_for_is_one_that_the_hub_gives() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "gateway").rglob("*.py"))
    reasons = set(re.findall(r'reason="([^"]+)"', RULES.read_text("utf-8")))
    assert reasons
    assert {reason for reason in reasons if f'"{reason}"' not in sources} == set()


def test_every_alert_has_a_test_that_fires_it_and_a_line_in_the_document_that_says_what_to_do() -> None:
    alerts = re.findall(r"alert: (\w+)", RULES.read_text("utf-8"))
    rules_test, document = RULES_TEST.read_text("utf-8"), ALERTS.read_text("utf-8")
    assert len(set(alerts)) == len(alerts)
    for alert in alerts:
        assert re.search(rf"alertname: {alert}\n +exp_alerts:\n", rules_test), alert
        assert re.search(rf"alertname: {alert}, exp_alerts: \[\]", rules_test), alert
        assert f"| `{alert}` |" in document


def test_every_outcome_that_an_alert_asks_for_is_one_that_a_notifier_counts() -> None:
    outcomes = set(re.findall(r'outcome="([^"]+)"', RULES.read_text("utf-8")))
    assert outcomes == set(get_args(Outcome))


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return found


def test_panels_have_a_number_each_and_lie_on_nobody_else() -> None:
    numbers = [panel["id"] for panel in panels()]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
