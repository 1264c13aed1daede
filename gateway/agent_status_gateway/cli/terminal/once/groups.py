"""Pure: by what `show` groups sessions: the values of the page's list, and the state.

Rule 1: within a group, sessions keep the order of the list.
Rule 2: groups are in the order of their names, and states in the order in which they are counted. Sessions without a
        value come last.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.presentation import STATE_LABELS
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.query import is_label_name, one_of
from agent_status_gateway.state.views.summary.grouping import LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Way to group sessions.

    Attributes:
        of: Value of a session; None if it has none.
        none: Title for those without a value.
        field: Field that the gateway has to be asked for; empty if every row has it.
    """

    of: Callable[[SessionStatus], str | None]
    none: str = ""
    field: str = ""

    def groups(self, rows: Iterable[SessionStatus]) -> list[tuple[str, list[SessionStatus]]]:
        """Titles of the groups, with their sessions."""
        found: dict[str | None, list[SessionStatus]] = {}
        for row in rows:
            found.setdefault(self.of(row), []).append(row)
        without = found.pop(None, None)
        order = (
            list(STATE_LABELS) if self is GROUPINGS["state"] else sorted(value for value in found if value is not None)
        )
        titles = STATE_LABELS if self is GROUPINGS["state"] else {}
        groups = [(titles.get(value, plain(value)), found[value]) for value in order if value in found]
        return [*groups, (self.none, without)] if without else groups


def parse_grouping(text: str) -> Grouping:
    """Parse what `--group-by` was given.

    Raises:
        ReaderError: Sessions cannot be grouped by this.
    """
    if (known := GROUPINGS.get(text)) is not None:
        return known
    label = text.removeprefix(LABEL)
    if label == text or not is_label_name(label):
        raise ReaderError(f"--group-by: {text!r} is not a way to group; expected {one_of([*GROUPINGS, 'label.NAME'])}")
    none = f"Without the label {plain(label)}"
    return Grouping(of=lambda row: row.get("labels", {}).get(label), none=none, field="labels")


GROUPINGS: Final = {
    "channel": Grouping(of=lambda row: row["channel"]),
    "state": Grouping(of=lambda row: row["state"]),
    "worker": Grouping(of=lambda row: row.get("worker_id"), none="Worker not known", field="worker_id"),
    "host": Grouping(of=lambda row: row.get("host"), none="Host not known", field="host"),
    "parent": Grouping(of=lambda row: row.get("parent"), none="Without a parent", field="parent"),
}
"""All of them by name, but for those by a label."""
