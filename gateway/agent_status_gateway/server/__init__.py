"""The server: uvicorn, its connections and their limits. No other room imports uvicorn.

In reading order:

    sockets             the sockets that a replica listens on
    proxies             the client's address behind trusted proxies
    request_deadlines   how long a request may take to arrive
    lazy_parts          parts of a connection that take little memory until they are used
    request_limits      uvicorn's connection, with bounds on what a client can make it hold
    open_requests       requests that stay open on a connection
    connection          the same connection, which may carry an open stream
    serve               uvicorn, signals, and the drain before the end
"""
