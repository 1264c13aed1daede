"""The notifier: tells people, wherever they are, what needs them. One more reader of a gateway.

In reading order:

    rules           what is to be told, and to whom
    rule_view       the view that a rule needs
    part            a part of the fleet that rules look at, and its news
    attention       what is due, and its words
    ledger          what has been told
    targets         where messages go
    metrics_server  a server of metrics, within bounds
    metrics         what it counts
    backlog         what waits for one target
    delivery        the way to one target
    notifier        the loop
    trial           a test message to each target
    command_line    the command and its options
"""
