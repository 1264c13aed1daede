"""A fleet of any size for a measurement, in a process of its own: worker, schedule, reports, process."""
