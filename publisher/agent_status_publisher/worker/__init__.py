"""This process as a worker: its sessions, and the thread that reports them.

In reading order:

    process_lock   the one lock of this process
    diagnostics    logs errors and calls `on_error`, without disturbing the agent
    never_raise    keeps our errors from the agent
    sessions       the sessions of this worker, and the next report
    pace           when the next report is due
    redis_writer   a worker's connection to Redis
    flusher        the one thread that talks to Redis
    worker         a worker from its start to its goodbye
    starts         the workers of one publisher, one after the other
    handle         an agent's hold on one session key
"""
