"""Every path of the gateway's API, and the probes' paths."""

from typing import Final

STATUS_PATH: Final = "/api/v1/agent/status"
TEXT_PATH: Final = "/api/v1/agent/status.txt"
BADGE_PATH: Final = "/api/v1/agent/status/badge.svg"
STREAM_PATH: Final = "/api/v1/agent/status/stream"
SUMMARY_PATH: Final = "/api/v1/agent/status/summary"
SUMMARY_STREAM_PATH: Final = "/api/v1/agent/status/summary/stream"
TICKET_PATH: Final = "/api/v1/agent/status/ticket"
WORKERS_PATH: Final = "/api/v1/agent/workers"

LIVENESS_PATH: Final = "/livez"
HEALTH_PATH: Final = "/healthz"
READINESS_PATH: Final = "/readyz"
METRICS_PATH: Final = "/metrics"
PROBE_PATHS: Final = frozenset({LIVENESS_PATH, HEALTH_PATH, READINESS_PATH, METRICS_PATH})
"""The paths that machines ask several times a minute, without a key."""
