"""Pure: a message as JSON, for programs: the body of a webhook, and what a command reads."""

from datetime import UTC, datetime

import orjson

from agent_status_gateway.cli.notify.attention.message import Message

TYPE = "agent_status.attention"


def payload(message: Message, now: float) -> bytes:
    """Write a message as JSON, at this moment in seconds since 1970."""
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    data = {
        "id": message.id,
        "target": message.target,
        "title": message.title,
        "lines": message.lines,
        "url": message.url,
        "count": message.total,
        "sessions": message.facts,
    }
    return orjson.dumps({"type": TYPE, "timestamp": moment, "data": data})
