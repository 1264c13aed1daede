"""Ends of sessions, for readers who ask for them.

In reading order:

    said    what one worker says of ends
    index   the newest end of each session that is not open
    told    the ends that one view tells
"""
