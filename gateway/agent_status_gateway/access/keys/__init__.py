"""Named keys, each with a scope, and the tickets that they sign.

In reading order:

    scopes           the fields of a scope, of which each must be understood
    reader           who reads: the name of its key, and what it may see
    key_lines        lines of a file as keys
    tickets          the text of a ticket
    ticket_request   what somebody asks a ticket for
    keyring          the keys of now
"""
