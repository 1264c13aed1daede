"""Redaction of errors of Redis, so that none of them shows a password.

A server repeats a command that it does not know, with its arguments. Before redis-py has authenticated, that command
may be `HELLO` or `AUTH`, whose arguments are the user and the password. Both sides redact an error of Redis here before
they show it.
"""

import re
from typing import Final

from agent_status_publisher.contract.text import text_of

_ARGUMENTS: Final = re.compile(r",?\s*(?:with|and) arg(?:ument)?s\b.*", re.DOTALL | re.IGNORECASE)
"""The text that servers write before the arguments of an unknown command: `, with args beginning with: 'AUTH' 'user'
…`."""


def redacted(error: BaseException) -> str:
    """The message of an error of Redis, without a command's arguments."""
    return _ARGUMENTS.sub("", text_of(error))
