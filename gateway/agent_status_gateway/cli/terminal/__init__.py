"""The snapshot in a terminal: `show`, `watch`, `workers` and `wait`.

In reading order:

    presentation     the order, the words and the numbers that a person sees
    ended_sessions   sessions that have ended
    view             what is known of a gateway, and what of it is shown
    table            a view as lines of a terminal
    changes          what has changed, as lines for pipes
    session          what is known of one session
    goal             what `wait` waits for
    output           where lines are written
    once             `show` and `workers`
    listening        the news, as a thread reads it
    live             the live view, which keys move through
    watching         the loops of the commands that stay
"""
