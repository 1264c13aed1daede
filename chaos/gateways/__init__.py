"""Replicas of the gateway.

In reading order:

    gateway_client    requests to a replica
    gateway_process   a replica in a process of its own
    gateway_thread    a replica in a thread, which starts quicker
    notifier_process  a notifier in a process of its own
"""
