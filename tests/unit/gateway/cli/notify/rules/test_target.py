"""Where messages go, as a rule file says it."""

from typing import Any

import pytest
from pydantic import ValidationError

from agent_status_gateway.cli.notify.rules.target import CommandTarget, NtfyTarget, SlackTarget, WebhookTarget


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (SlackTarget, {"kind": "slack", "url_file": "a\0b"}),
        (NtfyTarget, {"kind": "ntfy", "url_file": "a", "token_file": "a\0b"}),
        (WebhookTarget, {"kind": "webhook", "url_file": "a", "secret_file": "a\0b"}),
        (CommandTarget, {"kind": "command", "command": ["a", "a\0b"]}),
    ],
)
def test_a_file_or_an_argument_with_the_character_zero_is_refused(kind: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"must not have the character U\+0000"):
        kind.model_validate(fields)
