"""A whole stack on one machine, and the worker that it runs: an ordinary user of the publisher."""
