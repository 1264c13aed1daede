"""Summaries that are kept up by what the fold says has changed, as audiences are, and what they must say."""

from collections import Counter
from typing import Any, Final

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.summary.summary import Summary
from tests.support.counted import counted
from tests.support.whole_snapshot import Truth

WRONG_SECONDS: Final = 2.1
"""How many seconds an age may be wrong: a state is dated again only when it began over a second from where it was."""


class KeptSummaries:
    """One summary for each way to count."""

    def __init__(self) -> None:
        self._summaries = {by: Summary(by) for by in ("channel", "state", "worker", "label.team")}

    def take(self, rows: FoldedRows) -> None:
        """Bring them up to date with the rows that have changed or are revised."""
        while (key := rows.take_changed()) is not None:
            row = rows.by_key.get(key)
            for summary in self._summaries.values():
                if row is None:
                    summary.remove(key)
                else:
                    summary.put(row)
        while (revision := rows.take_revised()) is not None:
            if (row := rows.by_key.get(revision.key)) is not None:
                for summary in self._summaries.values():
                    summary.put(row)

    def check(self, rows: FoldedRows, true: Truth, now: float) -> None:
        """Hold them to the whole snapshot; that of workers to the rows' own, which no snapshot shows."""
        truth: Any = true.snapshot
        label_of = {key: details["labels"].get("team") for key, details in true.details.items()}
        for by, summary in self._summaries.items():
            groups = at_once(summary.shown(now))
            assert summary.state == truth["global"]["state"]
            if by == "worker":
                held = Counter(row.source.known.report.record.id for row in rows)
                assert {group[by]: group["sessions"] for group in groups} == held
                continue
            assert {group[by]: group["states"] for group in groups} == counted(truth, by, label_of)
            for group in groups:
                for state, seconds in group["oldest_seconds"].items():
                    oldest = max(
                        row["duration_seconds"]
                        for row in truth["sessions"]
                        if row["state"] == state
                        and (label_of[row["session_key"]] if by.startswith("label.") else row[by]) == group[by]
                    )
                    assert int(oldest - WRONG_SECONDS) <= seconds <= oldest + WRONG_SECONDS
