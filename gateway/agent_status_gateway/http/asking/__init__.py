"""Questions: what a request asks for, and what it accepts.

In reading order:

    negotiation   what a request accepts
    asked         the view and the events of a query
    entity_tag    the tag of a snapshot, and whether a client has it
    ticket        the body of a request for a ticket
"""
