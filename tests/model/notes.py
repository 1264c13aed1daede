"""What a history knows of one worker's reports: when each was drafted, reached Redis and was answered, by true time."""

from dataclasses import dataclass

from agent_status_publisher.contract.wire import WorkerRecord


@dataclass(frozen=True)
class Taken:
    """A report that Redis has taken, and when, by the time that all share."""

    at: float
    drafted_at: float
    """When its worker drafted it, by the time that all share: what is late is not as young as it seems."""
    seq: int
    record: WorkerRecord
    keys: frozenset[str]
    """Keys of the sessions that its worker holds or has ended."""
    is_unpublished: bool
    """True when it was not published on the channel."""


@dataclass(frozen=True)
class LetGo:
    """A question that a worker has given up, since Redis said, at this moment, that another worker had answered it."""

    at: float
    key: str
    asked_at: float


@dataclass(frozen=True)
class Answer:
    """The last report of a worker that was taken and answered: when Redis took it, and when its worker knew."""

    at: float
    known_at: float


@dataclass(frozen=True)
class Whole:
    """A report that names all runs, and which Redis has taken or refused for a question: when it came."""

    at: float
    drafted_at: float
    after: Answer
    """What its worker knew of Redis's clock at its draft."""

    @property
    def unsure_seconds(self) -> float:
        """By how much Redis's clock may have gone back since that answer, without this report showing it.

        That is the time that both were under way, a quarter of a second, and a thousandth of the time between them.
        """
        answer_seconds, report_seconds = self.after.known_at - self.after.at, self.at - self.drafted_at
        return answer_seconds + report_seconds + 0.25 + 0.001 * (self.drafted_at - self.after.known_at)
