"""Commands that print once: `show` and `workers`.

In reading order:

    groups    by what sessions are grouped
    listing   all sessions as lines, in groups, with their fields
    roster    the workers, as lines
    showing   the commands
"""
