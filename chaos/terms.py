"""The promises of workers and replicas, in seconds: the defaults, and quick ones for tests."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 15.0
    error_ttl_seconds: float = 30.0
    debounce_seconds: float = 1.0
    keepalive_seconds: float = 30.0
    looking_seconds: float = 0.2
    """Seconds that looking may take on top of a bound: an onlooker's round, an answer, a busy machine."""

    @property
    def of_publisher(self) -> dict[str, Any]:
        return {
            "heartbeat_seconds": self.heartbeat_seconds,
            "lease_seconds": self.lease_seconds,
            "error_ttl_seconds": self.error_ttl_seconds,
        }

    @property
    def of_gateway(self) -> dict[str, Any]:
        return {"debounce_seconds": self.debounce_seconds, "keepalive_seconds": self.keepalive_seconds}


DEFAULT: Final = Terms()
QUICK: Final = Terms(
    heartbeat_seconds=0.3,
    lease_seconds=1.0,
    error_ttl_seconds=0.7,
    debounce_seconds=0.1,
    keepalive_seconds=0.5,
    looking_seconds=1.0,  # the tests share their cores with what they start; bench.faults holds to the bounds
)
