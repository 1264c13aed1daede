"""The line of each bridge, run once and run twice, as in a notebook. Both must publish the same."""
