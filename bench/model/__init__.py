"""The cost model: load (what there is to do), fit (what each part of it costs), forecast (of a plan), and a command."""
