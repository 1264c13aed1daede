"""The live view on a terminal, which keys move through.

In reading order:

    keys       the bytes of a terminal as keys
    browsing   what keys do to the view
    children   the sessions that work for the one that is open, and did
    details    the session that is open
    pages      the list, one session and the help, as lines
    pinned     lines that stay in their columns
    screen     the terminal while a view is on it
    loop       news and keys in, pages out
"""
