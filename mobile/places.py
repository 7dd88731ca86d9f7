"""Where most of a heat map's heat is, in words."""

from __future__ import annotations

from bisect import bisect

from client import Heatmap

# The middle fifth.
_MIDDLE = (0.4, 0.6)


def place_of(heatmap: Heatmap) -> str:
    """As in "mostly at the lower left"; the page says it in the same words."""
    # Squared, so that faint heat everywhere does not pull the place to the middle.
    weights = [[value**2 for value in row] for row in heatmap.grid]
    rows = [sum(row) for row in weights]
    columns = [sum(column) for column in zip(*weights, strict=True)]
    if sum(rows) == 0:
        return "nowhere in particular"
    if sum(rows) > len(rows) * len(columns) / 2:
        return "all over the photo"
    x = heatmap.left + _mean_place(columns) * (heatmap.right - heatmap.left)
    y = heatmap.top + _mean_place(rows) * (heatmap.bottom - heatmap.top)
    across = ("left", "", "right")[_third(x)]
    down = ("upper", "", "lower")[_third(y)]
    if across and down:
        return f"mostly at the {down} {across}"
    if across:
        return f"mostly on the {across}"
    return {"upper": "mostly at the top", "lower": "mostly at the bottom"}.get(
        down, "mostly in the middle"
    )


def _mean_place(weights: list[float]) -> float:
    """The weighted mean of the cells' centres, from 0 to 1."""
    places = (weight * (place + 0.5) for place, weight in enumerate(weights))
    return sum(places) / (sum(weights) * len(weights))


def _third(share: float) -> int:
    """0, 1 or 2 for a share before, within or after the middle fifth."""
    return bisect(_MIDDLE, share)
