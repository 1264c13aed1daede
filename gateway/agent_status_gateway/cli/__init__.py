"""The command line: `agent-status-gateway`.

In reading order:

    options         options that several commands share
    child_process   a program that runs beside ours
    embedded        a Redis-compatible server of our own
    proxy           the proxy on the way to a gateway
    http_client     the way to a gateway, and bounds on what it may answer
    reading         what the reader stands on: address, answers, the fold of changes
    reader          reads a gateway over HTTP
    share_link      a link to a part of the fleet
    command_end     how a command ends
    terminal        `show`, `watch`, `workers` and `wait`
    notify          `notify`, which tells people what needs them
    mcp             `mcp`, tools for agents
    doctor          `doctor`
    demo            `demo`, a whole stack on this machine
    commands        every command
"""
