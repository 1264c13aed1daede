"""The sessions of one worker, and the next report that they make. All of it is pure.

In reading order:

    arguments   the arguments of an agent's calls, checked before the lock is taken
    run         one session's current run
    ends        the sessions that have ended
    outbox      all sessions of this worker, and the next report
"""
