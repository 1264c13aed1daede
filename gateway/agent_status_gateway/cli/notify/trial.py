"""A test message to each target, so that an operator sees that it arrives."""

import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Final

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.targets.sent import Target, Told

TITLE: Final = "Test message of the agent status notifier"


def try_targets(targets: Mapping[str, Target], page_url: str, say: Callable[[str], None]) -> bool:
    """Tell each target a test message, and say what became of it; True if each has taken it."""
    is_well = True
    for name, target in targets.items():
        message = Message(
            id=f"msg_{token_hex(16)}",
            target=name,
            title=TITLE,
            lines=(),
            url=page_url or None,
            facts=(),
            total=0,
        )
        sent = target.tell(message, time.time())
        if isinstance(sent, Told):
            say(f"target {name}: took the test message")
        else:
            say(f"target {name}: {sent.reason}")
            is_well = False
    return is_well
