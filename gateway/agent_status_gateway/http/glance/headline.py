"""Pure: counts in words. There is nothing in them that an agent could choose."""

from agent_status_gateway.state.views.tally import Tally


def headline(tally: Tally, stale_seconds: float | None) -> str:
    """The whole in one line, as `degraded: 2 waiting for user, 1 in error, 4 working`.

    Before the first colon is one of `idle`, `active`, `degraded` and `stale`. So what is stale is taken for no state.
    """
    counts = counted(tally)
    if stale_seconds is None:
        return f"{tally.state}: {counts}"
    return f"stale: {tally.state} {int(stale_seconds)} s ago, {counts}"


def counted(tally: Tally) -> str:
    """The counts that are not zero."""
    counts = ((tally.waiting, "waiting for user"), (tally.in_error, "in error"), (tally.working, "working"))
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "no sessions"
