"""The targets of a rule file."""

from collections.abc import Mapping

from agent_status_gateway.cli.notify.rules.target import (
    CommandTarget,
    NtfyTarget,
    SlackTarget,
    WebhookTarget,
)
from agent_status_gateway.cli.notify.targets.command import Command
from agent_status_gateway.cli.notify.targets.ntfy import Ntfy
from agent_status_gateway.cli.notify.targets.sent import Target, TargetError
from agent_status_gateway.cli.notify.targets.slack import Slack
from agent_status_gateway.cli.notify.targets.webhook import Webhook

AsWritten = WebhookTarget | SlackTarget | NtfyTarget | CommandTarget


def make_targets(written: Mapping[str, AsWritten]) -> dict[str, Target]:
    """Make the targets by name, and check each.

    Raises:
        TargetError: One cannot be used; the message names it.
    """
    targets = {name: _make(target) for name, target in written.items()}
    for name, target in targets.items():
        try:
            target.check()
        except TargetError as error:
            raise TargetError(f"target.{name}: {error}") from None
    return targets


def _make(written: AsWritten) -> Target:
    match written:
        case WebhookTarget():
            return Webhook(written)
        case SlackTarget():
            return Slack(written)
        case NtfyTarget():
            return Ntfy(written)
        case CommandTarget():
            return Command(written)
