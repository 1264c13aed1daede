"""What has been told, and what is being told: so that each thing is told once, whoever tells it, and whoever dies.

In reading order:

    ledger        what a ledger is asked, and what it answers
    entries       its rules
    redis_ledger  a ledger in Redis, for several notifiers
    file_ledger   a ledger in a file, for one machine
"""
