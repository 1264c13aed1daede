"""Views and change events, part by part.

The parts are plain_clients, many_views, first_change, large_fleet, own_views, memory and traffic.

`spent` is what most of them use, `folding` checks a sample of readers, and `relay` feeds the peers of `traffic`.
"""
