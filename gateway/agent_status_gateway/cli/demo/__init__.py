"""A whole stack on one machine, with workers that use the publisher as any agent does.

In reading order:

    tools    the real work that demo sessions do
    worker   one demo worker process
    stack    server, gateway and workers together
"""
