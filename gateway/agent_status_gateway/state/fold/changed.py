"""Pure: which of a worker's sessions its newest report describes otherwise than the one before, or dates otherwise."""

from collections.abc import Iterable
from itertools import chain, compress
from operator import itemgetter, ne
from typing import Final

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.wire import SessionRecord

SPARE_SECONDS: Final = 1.0
"""Seconds by which the moments of two reports may be wrong."""
_UNAGED: Final = itemgetter(0, 1, 4, 5, 6, 7, 8, 10, 11)
"""A function that gives the fields of a `SessionRecord` but its ages."""


def changed_sessions(known: KnownWorker, before: KnownWorker) -> Iterable[SessionRecord]:
    """The sessions, without their ages, that are not what the session at their place was.

    A session that has only moved to another place may be among them. The texts of both records decide if they are
    there, since comparing them costs least.
    """
    texts, texts_before = known.report.record.texts, before.report.record.texts
    if texts and texts is texts_before:
        return ()
    sessions, sessions_before = known.held, before.held
    if texts and len(texts) == len(texts_before):
        return compress(sessions, map(ne, texts, texts_before))
    differ = map(ne, map(_UNAGED, sessions), map(_UNAGED, sessions_before))  # in C: each report has many sessions
    return chain(compress(sessions, differ), sessions[len(sessions_before) :])


def redated_sessions(known: KnownWorker, before: KnownWorker) -> list[str]:
    """The keys of sessions whose state may not have begun when the report before said.

    They are those that are younger than that report, or a second older, and those that have not aged by the time
    between the two reports.
    """
    elapsed_ms, spare_ms = known.report.at_ms - before.report.at_ms, 1000 * SPARE_SECONDS
    # One of the two may be too short: a report may come late, and Redis's clock may step back.
    young_ms = max(elapsed_ms, 1000 * (known.moment - before.moment)) + spare_ms
    ages_before = before.ages_ms
    if known.places is not before.places:
        places = before.places
        ages_before = [ages_before[places[key]] if key in places else 0 for key in known.places]
    return [
        key
        for key, age_ms, before_ms in zip(known.places, known.ages_ms, ages_before, strict=True)
        if age_ms < young_ms or abs(age_ms - before_ms - elapsed_ms) > spare_ms
    ]
