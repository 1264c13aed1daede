"""Events as bytes: each is encoded once for every client of a kind.

In reading order:

    chunks            the chunks of HTTP/1.1
    gzip_stream       an event compressed once for every client
    retry             when a client comes back
    frames            a snapshot as bytes
    changes           what differs between two snapshots as bytes
    update            what is sent of one version of a view
    served_frame      the newest frame, and until when it serves
    encoders          the bytes of an event that one client gets
"""
