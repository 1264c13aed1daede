"""Members of the hub: when clients are visited, held requests, and who of both waits.

In reading order:

    rounds     in which round each client is visited
    poll       one request that is held until there is news
    releases   held requests whose time is over, or for which there is news: a few are answered in each turn
    waiting    clients and polls that wait for what is made for them
"""
