"""Spans of traced agents: what they say in each dialect, and what that means for sessions.

Nothing here imports OpenTelemetry. A span is any object with the attributes of the SDK's spans.

    conventions   the facts in a span, dialect by dialect
    outcome       how a span has ended
    span_run      the run that an outermost span makes
    open_span     a span that has not ended, and what is around it
    follower      the sessions that spans make
"""
