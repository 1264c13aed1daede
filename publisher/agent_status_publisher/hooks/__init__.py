"""`agent-status-hook`, with which command-line agents report through their hooks.

In reading order:

    names           names that the command, its installer and ingest share
    settings        agents' settings: their files, our entries in them, and the command in an entry
    install         adds our hooks to an agent's settings, and removes them
    process_start   the start of a process, which tells whether a command-line agent still lives
    caller          finds the process of the agent that runs a hook
    send            sends one event from stdin to ingest
"""
