"""The fold: reports as rows of the snapshot, kept up by what changed.

In reading order:

    schema        the snapshot's shape
    row           one row: what it shows, since when, and its bytes
    changed       which of a worker's sessions have changed
    claims        which claim to a session key counts
    sorted_keys   keys in order, however many
    rows          rows by key and in order, and their id
    families      keys of rows by label and by parent
    folded_rows   all rows of the snapshot, by channel and family as well, and which have changed
    fold          reports to rows
"""
