"""An HTTP face over one publisher, for agents that are not Python and for command-line agents: `agent-status ingest`.

It runs beside the agents, and is an ordinary worker to everybody else. In the order of the flow: app.py takes requests,
hooks.py knows what command-line agents mean by their hooks, heard.py for how long silence is believed.
"""
