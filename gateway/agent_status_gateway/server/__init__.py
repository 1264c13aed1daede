"""The server: uvicorn, its connections and their limits. Only this room knows uvicorn.

In reading order:

    sockets             the sockets that a replica listens on
    proxies             who a client is, behind proxies that are trusted
    request_deadlines   how long a request may take to arrive
    request_limits      uvicorn's connection with bounds on what a stranger can make grow
    connection          the same connection as a client's transport, written to by the hub
    serve               uvicorn, signals, and the drain between a signal and the end
"""
