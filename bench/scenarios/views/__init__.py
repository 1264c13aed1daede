"""Views and change events, part by part: plain_clients, many_views, large_fleet, own_views, memory, traffic.

`spent` is what most of them use, `folding` checks a sample of readers, and `relay` feeds the peers of `traffic`.
"""
