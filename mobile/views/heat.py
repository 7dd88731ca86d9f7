"""Where a label was seen, in words."""

from __future__ import annotations

import flet as ft
from places import place_of
from state import Entry
from theme import SMALL, text

_TAP = "Tap a label to see where it was seen."
_AGAIN = "Tap it again to see the photo alone."
_NONE = "This model does not say where it saw a label."


@ft.component
def Heat(entry: Entry) -> ft.Control:
    """What a tap on a label does, or where the label that was tapped was seen."""
    seen = entry.seen
    if seen is None or seen.heatmap is None:
        explained = any(label.heatmap for label in entry.labels)
        return text(_TAP if explained else _NONE, SMALL, quiet=True)
    return ft.Column(
        [
            text(f"{seen.label}: seen {place_of(seen.heatmap)}."),
            text(_AGAIN, SMALL, quiet=True),
        ],
        spacing=4,
    )
