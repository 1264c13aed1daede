"""Slack's incoming webhooks, and what takes the same messages."""

import re
from typing import Final

import orjson

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.target import SlackTarget
from agent_status_gateway.cli.notify.targets.http_post import post
from agent_status_gateway.cli.notify.targets.secrets import read_url
from agent_status_gateway.cli.notify.targets.sent import Sent

ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""The characters that Slack's text must have escaped: without that, a name could be a link or call a channel."""

ACTIVE: Final = re.compile(r"@(?=\w)|:(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)
"""Places that chats read as a mention or a link even where it is escaped: `@channel`, `https://` and `www.`."""
WORD_JOINER: Final = "\u2060"
"""A character that is not seen, and breaks what it is put into."""


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
    text = ACTIVE.sub(lambda found: f"{found[0]}{WORD_JOINER}", message.text).translate(ESCAPES)
    if message.url is not None:
        text += f"\n<{message.url.translate(ESCAPES)}|Open the page>"
    return orjson.dumps({"text": text, "unfurl_links": False, "unfurl_media": False})
