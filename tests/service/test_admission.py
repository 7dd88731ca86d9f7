"""Admission control: a full service rejects requests without waiting."""

import pytest

from service.admission import Admission
from service.errors import Overloaded


def test_a_request_without_a_slot_is_rejected():
    admission = Admission(limit=2)
    with admission.admit(), admission.admit():
        with pytest.raises(Overloaded, match="try again") as caught, admission.admit():
            pass
        assert caught.value.retry_after == 1


def test_a_slot_is_free_again_after_an_error():
    admission = Admission(limit=1)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), admission.admit():
            raise ZeroDivisionError
    with admission.admit():
        pass


def test_a_check_takes_no_slot():
    admission = Admission(limit=1)
    admission.check()
    with admission.admit(), pytest.raises(Overloaded):
        admission.check()
