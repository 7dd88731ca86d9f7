"""Logits to probabilities to labels."""

import numpy as np
import pytest

from model import Label, softmax, top_labels

LABELS = [Label(i, f"n{i}", name) for i, name in enumerate(["cat", "dog", "owl"])]


def test_softmax_matches_its_definition():
    logits = np.array([1, 2, 3], np.float32)
    expected = np.exp(logits) / np.exp(logits).sum()
    assert softmax(logits) == pytest.approx(expected)
    assert softmax(logits).dtype == np.float32


def test_softmax_of_huge_logits_does_not_overflow():
    assert softmax(np.array([1000, 0], np.float32)).tolist() == [1, 0]


def names(scores, **options):
    return [top.label for top in top_labels(np.array(scores, np.float32), LABELS, **options)]


def test_labels_are_in_descending_order():
    assert names([0.2, 0.5, 0.3], top_k=3) == ["dog", "owl", "cat"]


def test_top_k_limits_the_number_of_labels():
    assert names([0.2, 0.5, 0.3], top_k=1) == ["dog"]


def test_labels_with_at_least_min_score_are_kept():
    assert names([0.25, 0.5, 0.125], top_k=3, min_score=0.25) == ["dog", "cat"]


def test_a_label_carries_index_wnid_and_rounded_score():
    (top,) = top_labels(np.array([0, 0, 0.123456], np.float32), LABELS, top_k=1)
    assert (top.label, top.score, top.index, top.wnid) == ("owl", 0.1235, 2, "n2")
