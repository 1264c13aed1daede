"""One session, as a person reads it.

In reading order:

    timeline   what it did while the terminal watched
    facts      what is known of it
"""
