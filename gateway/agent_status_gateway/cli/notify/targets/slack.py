"""Slack's incoming webhooks, and what takes the same messages."""

from typing import Final

import orjson

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.target import SlackTarget
from agent_status_gateway.cli.notify.targets.http_post import post
from agent_status_gateway.cli.notify.targets.secrets import read_url
from agent_status_gateway.cli.notify.targets.sent import Sent

ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""The characters that Slack's text must have escaped: without that, a name could be a link or call a channel."""


class Slack:
    """Target that is a channel of Slack."""

    def __init__(self, target: SlackTarget) -> None:
        self._target = target

    def check(self) -> None:
        """Check the address.

        Raises:
            TargetError: It cannot be used.
        """
        read_url(self._target.url_file, "url_file")

    def tell(self, message: Message, now: float) -> Sent:
        """Post the message."""
        url = read_url(self._target.url_file, "url_file")
        return post(url, slack_body(message), {}, now)


def slack_body(message: Message) -> bytes:
    """Write a message as Slack takes it: text, and no previews of links."""
    text = message.text.translate(ESCAPES)
    if message.url is not None:
        text += f"\n<{message.url.translate(ESCAPES)}|Open the page>"
    return orjson.dumps({"text": text, "unfurl_links": False, "unfurl_media": False})
