"""A gateway as its clients see it, wherever it runs."""

from typing import Any, Self

import httpx

from chaos.wait import wait_until

STATUS = "/api/v1/agent/status"
STREAM = "/api/v1/agent/status/stream"


class GatewayClient:
    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        return self.probe("/readyz") == httpx.codes.OK

    def ready(self) -> Self:
        wait_until(self.is_ready, "the gateway is ready")
        return self

    def probe(self, path: str) -> int | None:
        """The status that a path answers with; None if nobody answers."""
        try:
            return httpx.get(self.url + path, timeout=8).status_code
        except httpx.TransportError:
            return None

    def get(self, path: str = STATUS, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=8, **options)

    def snapshot(self, query: str = "") -> dict[str, Any]:
        """The snapshot, or a view of it."""
        response = self.get(STATUS + query)
        assert response.status_code == httpx.codes.OK, response.text
        snapshot: dict[str, Any] = response.json()
        return snapshot

    def states(self, query: str = "") -> dict[str, str]:
        """Each session's state, of all or of a view."""
        return {row["session_key"]: row["state"] for row in self.snapshot(query)["sessions"]}
