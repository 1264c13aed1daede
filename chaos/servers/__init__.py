"""Redis-compatible servers that can be paused, killed, cut off and started again.

In reading order:

    redis_server    one server
    replication     what a primary and its replica know of each other
    certificate     what TLS needs
    redis_sentinel  a primary, a replica and three sentinels
    redis_cluster   three servers with the slots among them, and one replica
    cut_off_server  a server behind a network that drops packets
    wire            a proxy that holds, cuts, slows and loses
"""
