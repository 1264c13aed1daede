"""HTTP endpoints.

In reading order:

    cors             which origins may read
    asking           what a request asks for, and what it accepts
    asgi_transport   a client's transport on any ASGI server
    glance           the snapshot as text and as an image
    answers          answers that several endpoints give
    documentation    the API's own documentation
    stream           the stream's endpoint, as raw ASGI
    polls            requests that are held until there is news
    endpoints        every other endpoint
"""
