"""The decoding of a report's JSON.

In reading order:

    plain      parses a record as it stands: the rules of what is malformed are here
    layout     a record's bytes, cut where the publisher writes each session and its ages
    repeated   parses a record with the help of its worker's last one, which is three times as fast
"""
