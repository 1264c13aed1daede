"""Pure: the view that a rule needs, with all that it needs to be told."""

from dataclasses import replace
from typing import Final

from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.state.fold.folded_rows import QUIET
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.report import KEPT_MS
from agent_status_publisher.contract.wire import SessionState

FIELDS: Final = ("link", "waiting_for")
ENDED_SECONDS: Final = KEPT_MS // 1000
"""Seconds back to which ends are asked for: as long as workers' last reports are kept."""
STATES: Final = {state.value: state for state in SessionState} | {"lost": SessionState.ERROR}
"""The state that a session is in while a rule's condition is true, for the conditions that decide it."""


def view_for(rule: Rule) -> View:
    """Find the view that a rule needs. Rules with equal ones share a stream."""
    when, view = rule.when, rule.view
    if when.state == "ended":
        return replace(view, ended=ENDED_SECONDS)
    if when.quiet_seconds is not None:
        return replace(view, fields=(*FIELDS, QUIET), stalled=when.quiet_seconds)
    state = STATES.get(when.state)
    if state is None:
        return view
    states = frozenset({state}) if view.state is None else view.state & {state}
    return replace(view, state=states or view.state, fields=FIELDS)
