"""Pure: the keys of all rows by the labels and by the parent that their details name."""

from typing import TypeVar

from agent_status_publisher.contract.details.details import Details

Name = TypeVar("Name", str, tuple[str, str])
Label = tuple[str, str]
"""The name and the value of a label."""


class Families:
    """Session keys by label and by parent. Rows without details cost nothing here.

    Attributes:
        by_label: The keys of the rows that have a label.
        by_parent: The keys of the rows that have this parent, which need not have a row itself.
    """

    __slots__ = ("by_label", "by_parent")

    def __init__(self) -> None:
        self.by_label: dict[Label, set[str]] = {}
        self.by_parent: dict[str, set[str]] = {}

    def move(self, key: str, before: Details, now: Details) -> None:
        """Note that the details of a key were those, and are these."""
        if before.labels != now.labels:
            for label in set(before.labels).difference(now.labels):
                _take_out(self.by_label, label, key)
            for label in set(now.labels).difference(before.labels):
                self.by_label.setdefault(label, set()).add(key)
        if before.parent != now.parent:
            if before.parent is not None:
                _take_out(self.by_parent, before.parent, key)
            if now.parent is not None:
                self.by_parent.setdefault(now.parent, set()).add(key)


def _take_out(keys_by: dict[Name, set[str]], name: Name, key: str) -> None:
    keys = keys_by[name]
    keys.remove(key)
    if not keys:
        del keys_by[name]
