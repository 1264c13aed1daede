"""`agent-status-gateway doctor`: what is wrong in the surroundings, and what to do about it.

In reading order:

    finding         one thing that was looked at
    advice          why something does not answer, and what to do
    redis_checks    Redis, as a replica uses it
    wrong_answers   answers that a gateway does not give
    open_stream     a stream that a thread reads
    own_session     a session of the doctor's own
    change_checks   a stream of changes through whatever stands in its way
    stream_checks   a stream through whatever stands in its way
    examination     all checks, in order
"""
