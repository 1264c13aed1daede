"""Activity of one session: what its agent, its subagents and its background work do now. Pure.

In reading order:

    calls        the tool calls that are open
    questions    the questions that a user has not answered
    background   the work that goes on after the turn is over
    activity     all of it together, and the state that is shown
"""
