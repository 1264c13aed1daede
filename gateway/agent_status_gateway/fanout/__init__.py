"""The fan-out: one frame to every client, encoded once.

In reading order:

    address           how the address of a client is counted
    events            what is sent, as bytes
    delivery_counts   what was written to clients, as plain numbers
    client            one open stream: what was last written to it and what waits for it
    hub               all open streams: join, broadcast, keep alive, drain
"""
