"""Timings and their header."""

import re

import pytest

from service.timings import Timings


def test_repeated_measurements_of_a_part_add_up():
    timings = Timings()
    for _ in range(2):
        with timings.measure("decode"):
            pass
    first = timings.milliseconds["decode"]
    with timings.measure("decode"):
        pass
    assert timings.milliseconds["decode"] > first


def test_a_part_that_fails_is_measured_too():
    timings = Timings()
    with pytest.raises(ZeroDivisionError), timings.measure("read"):
        raise ZeroDivisionError
    assert "read" in timings.milliseconds


def test_the_header_is_as_documented():
    timings = Timings()
    for part in ("read", "decode"):
        with timings.measure(part):
            pass
    assert re.fullmatch(r"read;dur=\d+\.\d, decode;dur=\d+\.\d", timings.header())
