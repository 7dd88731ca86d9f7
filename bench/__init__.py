"""Benchmarks: `floor`, `servers`, `coldstart`, `pictures` and `soak`; `scripts/bench` runs them.

`harness/` has what they share, `peers/` the alternatives that the function is compared with.
Compare ratios: the speed of a shared machine drifts by more than most differences, so everything
in a comparison is measured in one interleaved run.
"""
