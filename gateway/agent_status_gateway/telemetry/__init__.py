"""Telemetry: what an operator can count and read.

In reading order:

    metrics      one replica's Prometheus metrics
    collectors   what is read from the hub, the feed and the fleet when the metrics are asked for
    logs         how log lines are written
"""
