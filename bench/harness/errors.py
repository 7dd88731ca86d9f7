"""The error of the benchmarks."""


class Skipped(Exception):
    """A measurement is impossible on this machine; the message says why."""
