"""The link of a session: where a person finds more of it. It is hostile text, which nobody fetches."""

import re
from typing import Final

from agent_status_publisher.contract.details.labels import is_harmless

MAX_LINK_CHARACTERS: Final = 2000

# A name before the host (`https://github.com@evil.example/`) would hide where the link leads, and may be a password.
# Browsers take a backslash for a slash, and other readers do not.
_LINK: Final = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\\[\]]+)(?::[0-9]{1,5})?(?:[/?#][^\s\\]*)?", re.IGNORECASE
)


def check_link(link: str) -> str:
    """Give a link back if a session may have it.

    Raises:
        ValueError: It is not an address of the web. The message says what would be right.
    """
    if len(link) > MAX_LINK_CHARACTERS or not _LINK.fullmatch(link) or not is_harmless(link):
        raise ValueError(
            f"a link must be an http or https URL with a host and without a user name, of at most "
            f"{MAX_LINK_CHARACTERS:,} characters without blanks, backslashes and control characters"
        )
    return link
