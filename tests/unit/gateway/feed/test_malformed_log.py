"""Malformed reports, counted and logged."""

import pytest

from agent_status_gateway.feed.malformed_log import MalformedLog
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import MalformedReportError
from tests.support.builders.clock import Clock


def test_a_burst_is_one_line_and_every_one_is_counted_by_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    clock, metrics = Clock(), Metrics()
    log = MalformedLog(metrics, clock)
    for _ in range(1000):
        log.note(MalformedReportError("json", "broken\nline"))
    clock.pass_(61.0)
    log.note(MalformedReportError("schema", "version 2"))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "999 more before it" in lines[1]
    assert "\n" not in lines[0]
    exposed = metrics.expose().decode()
    assert 'agent_status_malformed_reports_total{reason="json"} 1000.0' in exposed
    assert 'agent_status_malformed_reports_total{reason="schema"} 1.0' in exposed
