"""Pure: which claim to a session key counts, if several are made.

Rule 1. The newest claim of a key counts, an end included, which shows nothing. A run claims its key since it began, a
        question since it was asked, an error since it came. An error that has expired is the end of its run.
Rule 2. If the newest claim is an end, and live workers work on the key (think, run a tool, stream), the newest run of
        theirs counts: an end elsewhere does not hide work that goes on.
Rule 3. A lost worker's sessions claim their keys since its last report. Those in error keep their expiry and their
        claim.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.wire import SessionRecord, SessionState

WORKING_STATES: Final = frozenset({SessionState.THINKING, SessionState.TOOL_RUNNING, SessionState.STREAMING})
"""The states in which the agent itself goes on."""


class Claim(NamedTuple):
    """A worker's claim to one session key: the run that it holds, or that it has ended (`session` is None).

    Attributes:
        run_started_ms: The start on Redis's clock, so that it is equal on every replica.
    """

    known: KnownWorker
    run_started_ms: int
    session: SessionRecord | None

    @property
    def worker_id(self) -> str:
        """The worker that makes the claim."""
        return self.known.report.record.id


def claims_to(key: str, workers: Iterable[KnownWorker]) -> list[Claim]:
    """All claims of these workers to a key. A worker may have ended one run of it, and hold another."""
    claims = []
    for known in workers:
        at_ms = known.report.at_ms
        session = known.session(key)
        if session is not None:
            claims.append(Claim(known, at_ms - session.run_ms, session))
        ended = known.ended.get(key)
        if ended is not None:
            claims.append(Claim(known, at_ms - ended.run_ms, None))
    return claims


def winner(claims: list[Claim], expired_before: float) -> Claim:
    """The claim that counts. Errors expire by the moment `expired_before`, on the clock of the workers' moments."""
    newest = max(claims, key=lambda claim: (_claimed_at_ms(claim, expired_before), claim.worker_id))
    if not is_end(newest, expired_before):
        return newest
    working = [
        claim
        for claim in claims
        if claim.known.is_live and claim.session is not None and claim.session.state in WORKING_STATES
    ]
    return max(working, key=lambda claim: (claim.run_started_ms, claim.worker_id), default=newest)


def is_end(claim: Claim, expired_before: float) -> bool:
    """True when a claim shows nothing: its run has ended, or its error has expired."""
    return claim.session is None or claim.known.expires_at(claim.session) <= expired_before


def _claimed_at_ms(claim: Claim, expired_before: float) -> int:
    """The moment since which a claim counts, on Redis's clock, so that it is equal on every replica.

    It is not the run's start for a question: what another worker began and ended since then has not answered it.
    """
    session, report = claim.session, claim.known.report
    if session is None or is_end(claim, expired_before):
        return claim.run_started_ms
    if session.state is SessionState.ERROR:
        return report.at_ms - session.changed_ms
    if claim.known.is_lost:
        return report.at_ms
    if session.state is SessionState.WAITING_FOR_USER:
        return report.at_ms - session.changed_ms
    return claim.run_started_ms
