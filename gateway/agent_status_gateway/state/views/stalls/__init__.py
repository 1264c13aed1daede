"""Stalls: sessions that work, and whose agents have made no call for long.

In reading order:

    stalled        the seconds after which a session is stalled, as a query says them
    stalled_rows   the rows of a view that asks for it
"""
