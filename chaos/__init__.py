"""A stage of real processes, and every fault that can be done to it; the tests and the benchmarks share both.

In reading order:

    need        what the machine must have for it
    ports       free ports
    wait        waiting for what should happen
    terms       the seconds that workers and replicas promise
    wall_clock  a clock that processes believe in, and that can be stepped
    servers     Redis as it may be found: alone, behind Sentinel, as a Cluster, behind a network that fails
    workers     worker processes, and reports that no worker wrote
    gateways    replicas, as processes and as threads
    clients     eyes on every snapshot
    stage       all of these together
    faults      each fault by its name: how it is done, and by when the snapshot must be right again
"""
