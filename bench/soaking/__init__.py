"""The parts of a soak: what happens in its day, a large fleet beside it, who watches, and what a process holds."""
