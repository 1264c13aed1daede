"""Attention: what needs somebody, and when that is due. Pure: moments are given.

In reading order:

    occurrence   something that is true of a session, or of all of them, now
    occurrences  a snapshot's occurrences for one rule
    vigil        what one rule has seen, and what of it is due
    gathering    what is due, as messages: grouped, and held in quiet hours
    message      one message: its words, its numbers and its links
"""
