"""Questions: what a request asks for, and what it accepts.

In reading order:

    request_head   its path and its headers
    negotiation    what it accepts
    ended          how long ago sessions may have ended that are told
    asked          the view and the events of a query
    entity_tag     the tag of a snapshot, and whether a client has it
    wait           how long it may be held until there is news
    ticket         the body of a request for a ticket
"""
