"""From a report to every dashboard. `pipeline` tells the whole story in short, so start reading there.

In reading order:

    current_rows   the rows of now, and the views that somebody reads
    kept_reading   what Redis has kept of workers that are gone
    kept_results   results that serve for a while
    settling       reports that wait become rows, in steps
    sending        what is due is sent, and what clients wait for
    pipeline       the loops, and what the feed brings
"""
