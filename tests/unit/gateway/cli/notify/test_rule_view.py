"""The view that a rule needs."""

from typing import Any

import pytest

from agent_status_gateway.cli.notify.rule_view import view_for
from agent_status_gateway.cli.notify.rules.rule import Rule


def query(view: str | None = None, **when: Any) -> str:
    given = {} if view is None else {"view": view}
    return view_for(Rule.model_validate({"when": when, "to": ["ops"], **given})).query()


@pytest.mark.parametrize(
    ("when", "asked"),
    [
        ({"state": "thinking"}, "state=thinking&fields=link,waiting_for"),
        ({"state": "error"}, "state=error&fields=link,waiting_for"),
        ({"state": "lost"}, "state=error&fields=link,waiting_for"),
        ({"state": "stalled"}, "fields=link,waiting_for,quiet_seconds&stalled=600"),
        ({"state": "stalled", "for_seconds": 90.0}, "fields=link,waiting_for,quiet_seconds&stalled=90"),
        ({"state": "ended", "outcome": ["failed"]}, "ended=900"),
        ({"state": "idle"}, ""),
        ({"state": "degraded"}, ""),
    ],
)
def test_a_rule_asks_for_what_it_needs_and_no_more(when: dict[str, Any], asked: str) -> None:
    assert query(**when) == asked


def test_a_rules_own_view_stays() -> None:
    assert query("channel=web&label=team:ops", state="error") == (
        "channel=web&state=error&label=team:ops&fields=link,waiting_for"
    )
    assert query("state=thinking,error", state="error") == "state=error&fields=link,waiting_for"


def test_a_view_without_the_state_is_asked_for_as_it_is_and_finds_nothing() -> None:
    assert query("state=thinking", state="error") == "state=thinking&fields=link,waiting_for"
