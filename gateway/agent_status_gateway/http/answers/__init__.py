"""Answers that several endpoints give.

In reading order:

    misdirected     to a request under a name that is not ours
    unavailable     while there is no snapshot, or no room
    room            why there is no room
    unprocessable   to a query or a body with a wrong value
    responses       responses that FastAPI does not have
"""
