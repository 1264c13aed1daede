"""Telemetry: what an operator can count and read.

In reading order:

    metrics   one replica's Prometheus metrics
    logs      how log lines are written
"""
