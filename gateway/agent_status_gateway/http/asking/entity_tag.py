"""Pure: entity tags of snapshots (RFC 9110, sections 8.8.3 and 13.1.2).

A tag is weak, since the id of a snapshot says nothing of titles, tokens and durations.
"""

import re
from collections.abc import Container
from typing import Final

from typing_extensions import override

_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def entity_tag(snapshot_id: str) -> str:
    """Make the tag of a snapshot."""
    return f'W/"{snapshot_id}"'


def ids_named(if_none_match: str) -> Container[str]:
    """Find the ids of the snapshots that a header `If-None-Match` names; `*` names any."""
    return _ANY if if_none_match.strip() == "*" else frozenset(_TAG.findall(if_none_match))


def has_tag(if_none_match: str, snapshot_id: str) -> bool:
    """Test whether the header `If-None-Match` names this snapshot; `*` names any."""
    return snapshot_id in ids_named(if_none_match)


class _AnyId(Container[str]):
    """Every id."""

    @override
    def __contains__(self, snapshot_id: object) -> bool:
        return True


_ANY: Final = _AnyId()
