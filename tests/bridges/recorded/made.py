"""Made-up events of spans, in the form in which they are recorded."""

from typing import Any, Final

Event = list[Any]
RAISED: Final = [{"exception.type": "RuntimeError", "exception.message": "boom"}]
INTERRUPTED: Final = [{"exception.type": "langgraph.errors.GraphInterrupt", "exception.message": "the payload"}]


def start(number: int, name: str, parent: int = 0, scope: str = "", **attributes: Any) -> Event:
    said = {key.replace("__", "."): value for key, value in attributes.items()}
    return ["start", number, parent, 1, scope, name, said]


def said(number: int, **attributes: Any) -> Event:
    return ["set", number, {key.replace("__", "."): value for key, value in attributes.items()}]


def end(number: int) -> Event:
    return ["end", number]


def failed(number: int, raised: list[dict[str, str]] = RAISED, status: str = "ERROR") -> Event:
    return ["end", number, status, None, raised]


def resumed(*events: Event) -> list[Event]:
    """These events in a second trace."""
    return [[*event[:3], 2, *event[4:]] if event[0] == "start" else event for event in events]
