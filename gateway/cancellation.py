"""What Python 3.11 and 3.12 need so that a loop which survives errors does not survive its own cancellation."""

import asyncio


def honour_cancellation() -> None:
    """Raise again a cancellation that was lost.

    Before 3.13, a TaskGroup that is cancelled from outside while one of its children fails raises the child's error and
    forgets the cancellation. Whoever catches errors and goes on calls this first.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
