"""The state of the fleet, pure: which reports count, and the rows of the snapshot that they make.

In reading order:

    steps          work in small steps
    deadlines      the next moment of each of many things
    redis_clock    Redis's wall clock, as seen from here
    text_hash      a text as a number, of which ids are sums
    known_worker   one worker: its newest report and the moments that follow from it
    verdict        whether a report that Redis holds counts
    ends           ends of sessions, for readers who ask for them
    gone           workers that are gone, as far as they are remembered
    fleet          all workers: which report counts, and which worker is lost
    workers        the workers as an operator sees them
    fold           reports as rows of the snapshot
    debounce       when a change is sent
    views          parts of the snapshot that readers ask for
"""
