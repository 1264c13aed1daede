"""Servers of ours for comparison, run by uvicorn: what one would write with a framework and nothing else."""
