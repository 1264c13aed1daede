"""Standard Webhooks: a message as JSON, signed so that its reader knows who sent it (standardwebhooks.com).

The id stays the same when a message is told again, so that its reader can drop the second one.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.target import WebhookTarget
from agent_status_gateway.cli.notify.targets.http_post import post
from agent_status_gateway.cli.notify.targets.payload import payload
from agent_status_gateway.cli.notify.targets.secrets import read_secret, read_url
from agent_status_gateway.cli.notify.targets.sent import Sent, TargetError

PREFIX: Final = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


class Webhook:
    """Target that takes Standard Webhooks."""

    def __init__(self, target: WebhookTarget) -> None:
        self._target = target

    def check(self) -> None:
        """Check the address and the secret.

        Raises:
            TargetError: One of them cannot be used.
        """
        self._read()

    def tell(self, message: Message, now: float) -> Sent:
        """Post the message."""
        url, secret = self._read()
        body, moment = payload(message, now), str(int(now))
        return post(
            url,
            body,
            {
                "webhook-id": message.id,
                "webhook-timestamp": moment,
                "webhook-signature": f"v1,{signature(secret, message.id, moment, body)}",
            },
            now,
        )

    def _read(self) -> tuple[str, bytes]:
        url = read_url(self._target.url_file, "url_file")
        return url, parse_secret(read_secret(self._target.secret_file, "secret_file"))


def parse_secret(text: str) -> bytes:
    """Parse a secret.

    Raises:
        TargetError: It is not one.
    """
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith(PREFIX) or not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        raise TargetError(f"secret_file must have {PREFIX} and {LEAST_BYTES} to {MOST_BYTES} bytes in base64")
    return secret


def signature(secret: bytes, id_: str, moment: str, body: bytes) -> str:
    """Sign a message, in base64."""
    signed = hmac.digest(secret, b".".join((id_.encode(), moment.encode(), body)), hashlib.sha256)
    return base64.b64encode(signed).decode()
