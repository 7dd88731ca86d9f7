"""Benchmarks, each a program of its own: `python -m bench.PART`; `scripts/bench` runs them.

Ratios are what counts: everything compared is up at the same time and measured in turns,
because the speed of a shared machine drifts by more than what is to be seen.
"""
