"""The snapshot in a terminal: `show`, `watch`, `workers` and `wait`.

In reading order:

    presentation   the order, the words and the numbers that a person sees
    view           what is known of a gateway, and what of it is shown
    table          a view as lines of a terminal
    changes        what has changed, as lines for pipes
    roster         the workers, as lines
    goal           what `wait` waits for
    screen         a terminal while a live snapshot is on it
    output         where lines are written
    watching       the loops of the commands that stay
"""
