"""Pure: the last reports of workers that are gone, as Redis has kept them. The feed comes before it, and reads them."""

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import Steps
from agent_status_publisher.contract.reading import Reading
from agent_status_publisher.contract.wire import MalformedReportError


def take_kept(fleet: Fleet, reading: Reading, now: float) -> Steps[tuple[MalformedReportError, ...]]:
    """Take the last reports of workers that are gone, a report a step; return the errors of those that are not reports.

    A worker that the fleet has is not gone. One that has not left, and whose report still counts, is not either: the
    channel brings it, or the next reading.
    """
    malformed = list(reading.malformed)
    known_reports = fleet.kept.known_reports()
    for raw in reading.reports:
        yield
        known = known_reports.get(raw.worker_id)
        if fleet.worker(raw.worker_id) is not None or (known is not None and raw.at_ms <= known.at_ms):
            continue
        try:
            report = raw.decode()
        except MalformedReportError as error:
            malformed.append(error)
            continue
        moment = fleet.redis_clock.moments(report.at_ms, -NEVER, now)[0]
        worker = KnownWorker(report, moment, now)
        worker.is_lost = not report.record.left
        if report.record.left or report.at_ms + report.record.ttl_ms <= reading.time_ms:
            fleet.kept.keep(worker, now)
    return tuple(malformed)
