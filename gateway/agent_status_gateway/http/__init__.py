"""HTTP endpoints.

In reading order:

    cors             which origins may read
    negotiation      what a request accepts
    misdirected      the answer to a request under a name that is not ours
    unavailable      the answer while there is no snapshot, or no room
    asgi_transport   a client's transport on any ASGI server
    stream           the stream's endpoint, as raw ASGI
    api_page         the API's own documentation, as a plain page
    responses        responses that FastAPI does not have
    routes           every other endpoint, and the OpenAPI document
"""
