"""One session, as a person reads it.

In reading order:

    facts    what is known of it
"""
