"""Pure: the part of the fleet that a rule looks at, with the fields that it needs."""

from dataclasses import replace

from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.state.views.view import View

ENDED_SECONDS = 900
"""Seconds back to which ends are asked for: as long as workers' last reports are kept."""


def part_of(rule: Rule) -> View:
    """The view that a rule needs. Rules with equal ones share a stream."""
    return replace(rule.view, fields=("link", "waiting_for"))
