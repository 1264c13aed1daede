"""Clients that keep what they are shown.

In reading order:

    watcher        the work of a client in a thread, or at a socket
    sse            a dashboard: every byte and event of a stream
    folded         what a reader of change events knows
    change_reader  a dashboard that folds change events, of the whole snapshot or of a view
    onlooker       every snapshot of the JSON, asked for again and again
    crowd          a thousand streams that move to another replica
    receiver       a receiver of a notifier's messages
"""
