"""The notifier: tells people, wherever they are, what needs them. One more reader of a gateway.

In reading order:

    rules         what is to be told, and to whom
    parts         the part of the fleet that a rule looks at
    part          the news of it
    attention     what is due, and its words
    ledger        what has been told
    targets       where messages go
    metrics       what it counts
    delivery      the way to one target
    notifier      the loop
    trial         a test message to each target
    command_line  the command and its options
"""
