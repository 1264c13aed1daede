"""Ledgers: what has been told, and what is being told. So each thing is told once, by any number of notifiers.

In reading order:

    ledger        what a ledger is asked, and what it answers
    row           what it remembers of one thing
    sameness      whether something is what it remembers
    entries       what becomes of what it is asked
    ends_first    a ledger that is told what is over before it is asked
    redis_ledger  a ledger in Redis, for several notifiers
    boot          the machine's start
    file_ledger   a ledger in a file, for one machine
"""
