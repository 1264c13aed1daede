"""The snapshot at a glance: as lines of text, and as an image.

In reading order:

    headline      counts in words
    status_text   a line for the whole, and one for each session that needs a person
    badge         an image of the counts
"""
