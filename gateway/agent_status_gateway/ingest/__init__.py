"""Ingest: an HTTP face over one publisher, for agents that are not Python and for command-line agents.

In reading order:

    body_limit      how large a request body may be
    activity        what one session does, with its tools, questions and background work
    titles          what the sessions of command-line agents are called
    children        the sessions of subagents
    processes       the processes of agents on this host, and which of them are gone
    sessions        the sessions that are ingested, and how long they last without news
    session_update  the fields of an update of one session, and what they mean for it
    hook_event      the fields of a hook event that are read
    hooks           what command-line agents mean by their hooks
    app             which path takes what
"""
