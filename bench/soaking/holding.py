"""What a replica holds, by its own metrics."""

import re
from collections.abc import Iterator
from typing import NamedTuple, Self

from chaos.gateways.gateway_client import GatewayClient


class Holding(NamedTuple):
    """At one moment, in peace."""

    memory_bytes: float
    descriptors: float
    tasks: float
    clients: float

    @classmethod
    def of(cls, replica: GatewayClient) -> Self:
        """Now."""
        text = replica.get("/metrics").text
        names = ("process_resident_memory_bytes", "process_open_fds", "agent_status_tasks", "agent_status_clients")
        return cls(*(float(re.findall(rf"^{name} (\S+)", text, re.MULTILINE)[0]) for name in names))

    def __str__(self) -> str:
        return (
            f"{self.memory_bytes / 1e6:.1f} MB, {self.descriptors:g} descriptors, {self.tasks:g} tasks, "
            f"{self.clients:g} clients"
        )

    def beside(self, later: "Holding") -> Iterator[tuple[str, str, float, float]]:
        """Measure, unit, and both values."""
        yield "memory", "MB", self.memory_bytes / 1e6, later.memory_bytes / 1e6
        yield "descriptors beside its clients", "", self.descriptors - self.clients, later.descriptors - later.clients
        yield "tasks", "", self.tasks, later.tasks

    def grown_to(self, later: "Holding", room_bytes: float) -> list[str]:
        """What has grown, as text. Each client is a descriptor; a task more or less may be an answer being given."""
        grown = []
        if later.memory_bytes > self.memory_bytes + room_bytes:
            grown.append(f"memory has grown from {self} to {later}")
        if later.descriptors - later.clients > self.descriptors - self.clients + 2:
            grown.append(f"descriptors have grown from {self} to {later}")
        if later.tasks > self.tasks + 2:
            grown.append(f"tasks have grown from {self} to {later}")
        return grown
