"""The decoding of a report's JSON.

In reading order:

    fields     the fields of a JSON object, each of its type
    details    parses what a session says besides its state
    plain      parses a record as it stands: the rules of what is malformed are here
    layout     a record's bytes, cut where the publisher writes each session and its ages
    repeated   parses a record with the help of its worker's last one, which is three times as fast
"""
