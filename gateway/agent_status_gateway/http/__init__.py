"""HTTP endpoints.

In reading order:

    cors             which origins may read
    negotiation      what a request accepts
    unavailable      the answer while there is no snapshot, or no room
    asgi_transport   a client's transport on any ASGI server
    stream           the stream's endpoint, as raw ASGI
    routes           every other endpoint, and the OpenAPI document
"""
