"""One agent's turn in each framework, as the calls that its bridge hears; played by bench/turns.py in its environment.

A module here has `PACKAGE`, whose version is printed, and `EVENTS`, how many of them a turn is: its begin, a model, a
tool, a model, its end. Its `player(publisher)` gives the function that plays; without a publisher the framework does
the same, and nobody hears. Where the framework's way to whoever hears is long, `deaf_player()` has one at its end that
does nothing.
"""
