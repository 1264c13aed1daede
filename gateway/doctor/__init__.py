"""`agent-status doctor`: what of the surroundings is wrong, and what to do about it.

redis_checks.py looks at Redis as a replica does; stream_checks.py looks at a stream through whatever stands in its way;
finding.py is what they find.
"""
