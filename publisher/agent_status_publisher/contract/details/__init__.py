"""The details of a session, by which people can triage it: labels, a parent, a link and numbers.

In reading order:

    labels    labels of a session, and how many of them there may be
    link      an address of a session elsewhere
    details   all that a session says besides its state
    end       the end of a session
"""
