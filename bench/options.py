"""What whoever runs a measurement has chosen."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.checkout import OURS, Checkout


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes, and where to say how it goes.

    Attributes:
        clients: Of each server in the fan-out.
        rounds: How often each server is measured, one after the other.
        events: In each round.
        only: These servers alone; empty is all.
        scale: What a scenario's clients, sessions and seconds are multiplied by.
        output: Where results are written.
        checkout: Whose gateway and fleet the measurements of fleets start.
    """

    clients: int = 1000
    rounds: int = 5
    events: int = 20
    only: tuple[str, ...] = ()
    scale: float = 1.0
    output: Path = Path("bench/results")
    checkout: Checkout = OURS
    console: Console = field(default_factory=Console)

    def say(self, text: str) -> None:
        """One line of progress: a spinner would cost CPU that is measured."""
        self.console.print(f"[dim]{text}[/dim]", highlight=False)

    def scaled(self, size: float, least: int = 1) -> int:
        """A scenario's size, as it was asked for."""
        return max(least, round(size * self.scale))
