"""`agent-status-hook`: what command-line agents report by their hooks.

In reading order:

    names     names that the command, its installer and ingest share
    install   puts our hooks into an agent's settings, and takes them out again
    send      passes on one event from stdin
"""
