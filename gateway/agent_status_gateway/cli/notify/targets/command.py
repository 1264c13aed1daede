"""A program of this machine, which reads a message as JSON. There is no shell, and no argument is of a message.

Rule 1. The program has the notifier's environment without our settings: the address of Redis and keys are among them,
        and a program that only tells something needs none.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from typing import Final

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.target import CommandTarget
from agent_status_gateway.cli.notify.targets.payload import payload
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, TargetError, Told
from agent_status_publisher.contract.setting_names import OLD_PREFIX, PREFIX

RUN_SECONDS: Final = 10.0
"""Maximum seconds for one run. Then it and what it has started are killed."""
TRY_LATER: Final = 75
"""Exit status that asks for another try, EX_TEMPFAIL of sysexits.h. Any other failure is a refusal."""
SETTINGS: Final = (PREFIX, OLD_PREFIX, "REDIS_URL")
"""The beginnings of names of settings, which are read in any case."""


class Command:
    """Target that is a program."""

    def __init__(self, target: CommandTarget) -> None:
        self._command = target.command

    def check(self) -> None:
        """Check that the program is there.

        Raises:
            TargetError: It is not.
        """
        if shutil.which(self._command[0]) is None:
            raise TargetError(f"command: {self._command[0]!r} is not a program that can be run")

    def tell(self, message: Message, now: float) -> Sent:
        """Run the program."""
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own program, with the operator's arguments
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=without_settings(os.environ),
            )
        except OSError as error:
            return Failed(f"{self._command[0]!r} cannot be run: {error.strerror or type(error).__name__}")
        try:
            process.communicate(payload(message, now), timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Failed(f"{self._command[0]!r} did not end within {RUN_SECONDS:g} s")
        if not process.returncode:
            return Told()
        reason = f"{self._command[0]!r} ended with status {process.returncode}"
        return (Failed if process.returncode == TRY_LATER else Refused)(reason)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out our settings from an environment."""
    return {name: value for name, value in environment.items() if not name.upper().startswith(SETTINGS)}
