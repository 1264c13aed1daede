"""The parts of a soak: what happens in its day, who watches, and what a process holds."""
