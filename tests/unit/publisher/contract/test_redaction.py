"""No error of Redis shows the arguments of a command, which may be a password."""

import pytest
import redis

from agent_status_publisher.contract.redaction import redacted


@pytest.mark.parametrize(
    "message",
    [
        "unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'hush' ",
        "ERR unknown command `AUTH`, with args beginning with: `default`, `hush`, ",
        "unknown command 'AUTH' with args beginning with: 'hush'",
        "unknown subcommand 'X' with arguments 'hush'",
        "unknown command 'AUTH', with args beginning with:\n'hush'",
    ],
)
def test_the_arguments_of_an_unknown_command_are_left_out(message: str) -> None:
    shown = redacted(redis.ResponseError(message))
    assert "unknown" in shown
    assert "hush" not in shown


def test_any_other_message_is_shown_whole() -> None:
    assert redacted(redis.ConnectionError("Error 111 connecting to h:1.")) == "Error 111 connecting to h:1."
