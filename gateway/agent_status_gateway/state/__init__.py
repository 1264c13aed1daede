"""The state of the fleet, pure: which reports count, and the snapshot that they make.

In reading order:

    redis_clock    Redis's wall clock, as seen from here
    known_worker   one worker: its newest report and the moments that follow from it
    verdict        whether a report that Redis holds counts
    fleet          all workers: which report counts, and which worker is lost
    schema         the snapshot's shape and its fingerprint
    snapshot       which run of each session key counts, and the rows that they make
    workers        the workers as an operator sees them
    debounce       when a change is sent
"""
