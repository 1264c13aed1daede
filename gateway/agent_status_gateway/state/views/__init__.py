"""Views: parts of the snapshot that readers ask for.

In reading order:

    view         one part of the snapshot as a value
    query        the fields of a query as a view
    fields       what a row says besides what every row says
    form         rows that say more, and how they are written
    stalls       rows that say whether they are stalled
    summary      rows counted in groups
    select       the rows of a view
    tally        counts of rows, and the rows that need a person
    holders      the workers that hold the rows of a scope
    change_log   which keys of a view changed in which version
    cadence      when readers of changes get one
"""
