"""Topics of ntfy, which a phone subscribes to (docs.ntfy.sh/publish, "Publish as JSON")."""

from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import orjson

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.target import NtfyTarget
from agent_status_gateway.cli.notify.targets.http_post import post
from agent_status_gateway.cli.notify.targets.secrets import read_secret, read_url
from agent_status_gateway.cli.notify.targets.sent import Sent, TargetError

MOST_BYTES: Final = 4000
"""The most bytes of a text. ntfy makes an attachment of a text with more than 4,096."""
MOST_BODY_BYTES: Final = 8000
"""The most bytes of a body. ntfy refuses one with more than 8,192, in which quotes and backslashes count twice."""

FEW_BYTES: Final = 1000
"""The most bytes of the text of a body that would be too long."""
MOST_TITLE_CHARACTERS: Final = 200
"""The most characters of the title of a body that would be too long."""


class Ntfy:
    """Target that is a topic of ntfy."""

    def __init__(self, target: NtfyTarget) -> None:
        self._target = target

    def check(self) -> None:
        """Check the address of the topic, and the token.

        Raises:
            TargetError: One of them cannot be used.
        """
        self._read()

    def tell(self, message: Message, now: float) -> Sent:
        """Post the message."""
        server, topic, headers = self._read()
        return post(server, ntfy_body(message, topic), headers, now)

    def _read(self) -> tuple[str, str, dict[str, str]]:
        url = read_url(self._target.url_file, "url_file")
        parts = urlsplit(url)
        folder, _, topic = parts.path.rpartition("/")
        if not topic:
            raise TargetError("url_file must have the address of a topic, such as https://ntfy.example.org/my-topic")
        server = urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", ""))
        if self._target.token_file is None:
            return server, unquote(topic), {}
        token = read_secret(self._target.token_file, "token_file")
        return server, unquote(topic), {"Authorization": f"Bearer {token}"}


def ntfy_body(message: Message, topic: str) -> bytes:
    """Write a message as ntfy takes it. A tap on it opens the page."""
    text = "\n".join(message.lines) or message.title
    fields: dict[str, object] = {"topic": topic, "title": message.title, "message": _cut(text)}
    if message.url is not None:
        fields["click"] = message.url
    body = orjson.dumps(fields)
    if len(body) > MOST_BODY_BYTES:  # a text that is all quotes, or a link to a session with a long name
        fields |= {"title": message.title[:MOST_TITLE_CHARACTERS], "message": _cut(text, FEW_BYTES)}
        body = orjson.dumps(fields)
    return body


def _cut(text: str, most_bytes: int = MOST_BYTES) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
