"""The fan-out: one frame to every client, encoded once.

In reading order:

    address           how the address of a client is counted
    chunks            the chunks of HTTP/1.1
    gzip_stream       an event compressed once for every client
    retry             when a client comes back
    frames            a snapshot as bytes
    encoders          the bytes of a frame that one client gets
    delivery_counts   what was written to clients, as plain numbers
    client            one open stream: what was last written to it and what waits for it
    hub               all open streams: join, broadcast, keep alive, drain
"""
