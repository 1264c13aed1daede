"""A test message to each target, so that an operator sees that it arrives."""

import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Final

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.targets.sent import Refused, Target, TargetError, Told

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
        try:
            sent = target.tell(message, time.time())
        except TargetError as error:
            sent = Refused(str(error))
        is_told = isinstance(sent, Told)
        say(f"target {name}: {'took the test message' if isinstance(sent, Told) else sent.reason}")
        is_well = is_well and is_told
    return is_well
