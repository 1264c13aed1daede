"""Summaries: rows counted in groups, for readers that need no row.

In reading order:

    schema     the summary's shape
    grouping   the group that a row is counted in
    counts     the sessions of one group in one state
    group      one group
    ranking    the largest groups, where there are too many to show each
    ages       how old the sessions in each state are, without groups
    summary    all groups, kept up with their rows
"""
