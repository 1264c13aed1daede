"""Workers that are gone, as far as they are remembered.

In reading order:

    numbers   their numbers, so that no late report revives one of them
    kept      what they had ended
"""
