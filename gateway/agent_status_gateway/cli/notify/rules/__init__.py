"""File of rules: what is to be told, and to whom.

In reading order:

    when         what a rule waits for
    quiet_hours  the hours of a day in which nothing is told
    target       where messages go
    rule         one rule
    toml_text    a text in TOML, within limits
    rule_file    the file as a value, or a sentence that says what is wrong with it
"""
