"""HTTP endpoints.

In reading order:

    cors             which origins may read
    negotiation      what a request accepts
    asked            what a request asks for
    entity_tag       the tag of a snapshot, and whether a client has it
    asgi_transport   a client's transport on any ASGI server
    answers          answers that several endpoints give
    ticket           what a request for a ticket asks for
    documentation    the API's own documentation
    stream           the stream's endpoint, as raw ASGI
    routes           every other endpoint, and the OpenAPI document
"""
