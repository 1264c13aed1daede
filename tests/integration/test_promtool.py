"""The shipped alerts and the dashboard's queries, as Prometheus itself takes them."""

import json
import subprocess
from pathlib import Path
from typing import Final

from chaos import need

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
RULES: Final = DEPLOY / "prometheus" / "alerts.yml"


def promtool(*arguments: str | Path) -> str:
    """What it says; fails if it is not content."""
    command = [need.program("promtool"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_rules() -> None:
    assert "24 rules found" in promtool("check", "rules", RULES)


def test_each_alert_fires_when_it_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", RULES.with_name("alerts_test.yml"))


def test_each_query_of_the_dashboard_can_be_asked(tmp_path: Path) -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "agent-status.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    asked = [query.replace("$__rate_interval", "1m").replace("$job", ".*") for query in queries]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(asked)]
    file = tmp_path / "queries.json"  # which is YAML, too
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(queries)} rules found" in promtool("check", "rules", file)
