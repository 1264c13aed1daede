"""Ledgers: what has been told, and what is being told. So each thing is told once, by any number of notifiers.

In reading order:

    ledger        what a ledger is asked, and what it answers
    entries       its rules
    redis_ledger  a ledger in Redis, for several notifiers
    boot          the machine's start
    file_ledger   a ledger in a file, for one machine
"""
