"""The server: uvicorn, its connections and their limits. No other room imports uvicorn.

In reading order:

    sockets             the sockets that a replica listens on
    proxies             the client's address behind trusted proxies
    request_deadlines   how long a request may take to arrive
    request_limits      uvicorn's connection, with bounds on what a client can make it hold
    connection          the same connection as a client's transport, written to by the hub
    serve               uvicorn, signals, and the drain before the end
"""
