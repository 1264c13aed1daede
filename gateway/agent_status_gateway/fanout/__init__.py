"""The fan-out: one frame to every client, encoded once.

In reading order:

    address           how the address of a client is counted
    events            what is sent, as bytes
    delivery_counts   what was written to clients, as plain numbers
    client            one open stream: what was last written to it and what waits for it
    change_reader     one open stream of change events
    members           when clients are visited, and held requests, which take a place as they do
    audience          the readers of one view: its rows, when it is sent, what was made for it
    filing            which views a row may concern
    audiences         all views that are read, kept up with the rows that have changed
    places            open streams and held polls counted against the limits
    hub               all open streams and held polls: join, broadcast, keep alive, drain
"""
