"""The HTTP face: which path answers what.

In reading order:

    cors             which pages may read
    negotiation      what a request accepts
    unavailable      the answer while there is no snapshot to give
    asgi_transport   a client's transport on any ASGI server
    stream           the stream's endpoint, as raw ASGI
    routes           every other endpoint, and the OpenAPI document
"""
