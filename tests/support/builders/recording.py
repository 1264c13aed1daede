"""What a publisher that only records has of one session."""

from typing import Final

from agent_status_publisher.testing import Change, RecordingPublisher

KEY: Final = "websocket:abc123"


def newest(publisher: RecordingPublisher) -> Change:
    """The session with this key as it is now."""
    return publisher.sessions[KEY]
