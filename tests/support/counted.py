"""What a summary must say, counted from a snapshot as a client could."""

from collections.abc import Mapping
from typing import Any


def counted(
    snapshot: dict[str, Any], by: str, label_of: Mapping[str, str | None] | None = None
) -> dict[str | None, dict[str, int]]:
    """The sessions of a snapshot by state, for each group; by a label, whose value for a session is `label_of` it."""
    labels = label_of or {}
    groups: dict[str | None, dict[str, int]] = {}
    for row in snapshot["sessions"]:
        states = groups.setdefault(labels.get(row["session_key"]) if by.startswith("label.") else row[by], {})
        states[row["state"]] = states.get(row["state"], 0) + 1
    return groups


def shown(summary: dict[str, Any], by: str) -> dict[str | None, dict[str, int]]:
    """What a summary says, in the same form. Each group is consistent in itself."""
    for group in summary["groups"]:
        assert [*group][1:] == ["sessions", "states", "oldest_seconds"]
        assert group["sessions"] == sum(group["states"].values())
        assert [*group["states"]] == [*group["oldest_seconds"]]
    assert summary["global"]["active_sessions"] == sum(group["sessions"] for group in summary["groups"])
    return {group[by]: group["states"] for group in summary["groups"]}
