"""`agent-status-gateway doctor`: what is wrong in the surroundings, and what to do about it.

In reading order:

    finding         one thing that was looked at
    redis_checks    Redis, as a replica uses it
    stream_checks   a stream through whatever stands in its way
    examination     all checks, in order
"""
