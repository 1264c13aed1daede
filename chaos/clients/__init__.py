"""Clients that keep what they are shown.

In reading order:

    watcher   the work of a client in a thread, or at a socket
    folded    what a reader of change events knows
    sse       a dashboard: every byte and event of a stream
    onlooker  every snapshot of the JSON, asked for again and again
    crowd     a thousand streams that move to another replica
"""
