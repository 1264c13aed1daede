"""The status stream of the real pocketpaw package: its router, and its tracker, fed as its message bus feeds it.

Its debounce, a constant of one second, is set to nothing, as ours is when it is compared.
"""

from fastapi import FastAPI, Request
from pocketpaw.api.v1 import agent_status
from pocketpaw.bus.events import SystemEvent
from pocketpaw.dashboard_state import status_tracker

SESSION_KEY = "bench:1"

agent_status._DEBOUNCE_MS = 0  # noqa: SLF001 - it has no setting
app = FastAPI()
app.include_router(agent_status.router, prefix="/api/v1")


@app.post("/publish")
async def publish(request: Request) -> dict[str, int]:
    tool = (await request.body()).decode()
    if not status_tracker.snapshot()["sessions"]:
        await _happens("agent_start")
    await _happens("tool_start", name=tool)
    return {"version": status_tracker.version}


async def _happens(what: str, **data: str) -> None:
    await status_tracker._on_event(  # noqa: SLF001 - what its message bus calls
        SystemEvent(event_type=what, data={"session_key": SESSION_KEY, **data})
    )
