"""The command `mcp`: a gateway's snapshot as tools for agents, by the Model Context Protocol. Read-only.

In reading order:

    bounds        how much an answer may have
    questions     what is asked of a gateway, and its answers
    asking        how many questions are asked at a time
    server        the tools
    http_hosts    the hosts that requests may name
    command_line  the command and its options
"""
