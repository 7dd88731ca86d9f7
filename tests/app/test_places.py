"""Where the heat is, in the page's words."""

from __future__ import annotations

import pytest
from client import Heatmap
from places import place_of

from tests.page.test_heat import PLACES


@pytest.mark.parametrize(("grid", "words"), PLACES, ids=[words for _, words in PLACES])
def test_it_is_said_in_the_words_of_the_page(grid, words):
    assert place_of(Heatmap(grid, 0, 0, 1, 1, b"")) == words


def test_a_grid_may_cover_a_part_of_the_photo():
    assert place_of(Heatmap([[1]], 0.7, 0, 1, 0.2, b"")) == "all over the photo"
    grid = [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert place_of(Heatmap(grid, 0.7, 0.7, 1, 1, b"")) == "mostly at the lower right"
