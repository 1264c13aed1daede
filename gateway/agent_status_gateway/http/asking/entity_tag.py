"""Pure: entity tags of snapshots (RFC 9110, sections 8.8.3 and 13.1.2).

A tag is weak, since the id of a snapshot says nothing of titles, tokens and durations.
"""

import re
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def entity_tag(snapshot_id: str) -> str:
    """Make the tag of a snapshot."""
    return f'W/"{snapshot_id}"'


def has_tag(if_none_match: str, snapshot_id: str) -> bool:
    """Test whether the header `If-None-Match` names this snapshot; `*` names any."""
    return if_none_match.strip() == "*" or snapshot_id in _TAG.findall(if_none_match)
