"""Workers.

In reading order:

    reports         reports, made without a worker
    worker_process  a process that does what it is told
"""
