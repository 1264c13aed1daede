"""What a summary must say, counted from a snapshot as a client could."""

from typing import Any


def counted(snapshot: dict[str, Any], by: str) -> dict[str | None, dict[str, int]]:
    """The sessions of a snapshot by state, for each group. No session has a label."""
    groups: dict[str | None, dict[str, int]] = {}
    for row in snapshot["sessions"]:
        states = groups.setdefault(None if by.startswith("label.") else row[by], {})
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
