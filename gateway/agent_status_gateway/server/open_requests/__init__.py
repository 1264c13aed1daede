"""Requests that stay open on a connection.

In reading order:

    borrowed_socket   a transport's socket, written to directly
    open_stream       a client's transport: a response that stays open, written to by the hub
    held_poll         a request that is answered when the hub says so
"""
