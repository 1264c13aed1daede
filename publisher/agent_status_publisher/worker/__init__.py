"""This process as a worker: what it holds, and the thread that reports it.

In reading order:

    process_lock   the one lock of this process
    diagnostics    reports to a person what went wrong, without disturbing the agent
    never_raise    what must not reach the agent
    run            one session's current run
    outbox         all sessions of this worker, and the next report
    pace           when the next report is due
    redis_writer   a worker's way to Redis
    flusher        the one thread that talks to Redis
    worker         a worker from its start to its goodbye
"""
