"""Pure: what became of a try to tell a message, and what every target can do."""

from typing import NamedTuple, Protocol

from agent_status_gateway.cli.notify.attention.message import Message


class Told(NamedTuple):
    """The message was taken."""


class Refused(NamedTuple):
    """The message was refused, and would be again."""

    reason: str


class Failed(NamedTuple):
    """The message was not taken, but may be later.

    Attributes:
        reason: Why, without any secret.
        retry_after: Seconds for which the target wants to be left alone; 0 if it does not say so.
    """

    reason: str
    retry_after: float = 0.0


Sent = Told | Refused | Failed


class TargetError(Exception):
    """A target that cannot be used as it is set up. The message says what would be right."""


class Target(Protocol):
    """Somebody who is told messages, by one thread at a time."""

    def check(self) -> None:
        """Check what can be checked without telling anything.

        Raises:
            TargetError: Something is wrong with it.
        """

    def tell(self, message: Message, now: float) -> Sent:
        """Tell a message, once, at this moment in seconds since 1970. It ends in a few seconds, whatever happens.

        Raises:
            TargetError: It cannot be used now, as if its secret cannot be read. A later try may be taken.
        """
