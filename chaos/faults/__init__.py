"""Faults by what they are done to; `fault` is the one list of them all.

In reading order:

    processes  workers and replicas die, freeze, fork and hand over
    messages   reports are lost, repeated, forged or malformed
    servers    Redis forgets, refuses, hangs, dies and comes back
    failover   another server takes over
    clocks     wall clocks are stepped
    fault      each by its name, with its stage and its bound
"""
