"""What a notifier says of itself in its metrics."""

import re

import httpx


def notifier_metric(port: int, name: str, **labels: str) -> float:
    """The value of `agent_status_notify_…` with these labels; 0 while there is none."""
    expected = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    line = re.escape(f"agent_status_notify_{name}{f'{{{expected}}}' if expected else ''}")
    found = re.search(rf"^{line} (\S+)$", httpx.get(f"http://127.0.0.1:{port}/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def tries(port: int, target: str) -> dict[str, int]:
    """How many tries to tell a target something had each outcome, those without any left out."""
    outcomes = ("told", "refused", "failed", "dropped")
    counts = {one: int(notifier_metric(port, "messages_total", outcome=one, target=target)) for one in outcomes}
    return {outcome: count for outcome, count in counts.items() if count}
