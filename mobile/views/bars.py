"""The labels of a photo as bars that grow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import flet as ft
from client import Label
from state import Entry
from theme import GAP, TEXT, TITLE, text

_GROW = ft.Animation(700, ft.AnimationCurve.EASE_OUT_CUBIC)


@ft.component
def Bars(entry: Entry, toggle: Callable[[Label], None]) -> ft.Control:
    """The labels with their probabilities, the first one large; a tap toggles a heat map."""
    grown, set_grown = ft.use_state(False)

    async def grow() -> None:
        await asyncio.sleep(0.05)  # an animation needs a first frame to start from
        set_grown(True)

    ft.on_mounted(grow)
    return ft.Column(
        spacing=0.75 * GAP,
        controls=[
            _labelled_bar(
                label,
                TEXT if place else TITLE,
                grown=grown,
                shown=label is entry.seen,
                on_tap=partial(toggle, label) if label.heatmap else None,
            )
            for place, label in enumerate(entry.labels)
        ],
    )


def _labelled_bar(
    label: Label,
    size: int,
    *,
    grown: bool,
    shown: bool,
    on_tap: Callable[[], None] | None,
) -> ft.Control:
    percent = f"{label.score:.1%}"
    name = text(label.label[:1].upper() + label.label[1:], size, bold=size == TITLE)
    name.expand = True
    if shown:
        name.color = ft.Colors.PRIMARY
    return ft.Semantics(
        identifier="bar",
        label=f"{label.label}, {percent}",
        container=True,
        exclude_semantics=True,
        button=on_tap is not None,
        selected=shown,
        on_tap=on_tap,
        content=ft.Container(
            on_click=on_tap,
            content=ft.Column(
                spacing=4,
                controls=[
                    ft.Row(
                        [name, text(percent, TEXT, quiet=True)],
                        vertical_alignment=ft.CrossAxisAlignment.END,
                    ),
                    _bar(label.score if grown else 0, 8 if size == TITLE else 6),
                ],
            ),
        ),
    )


def _bar(share: float, height: int) -> ft.Control:
    """A bar as wide as its track, that slides in from the left: no width needs to be known."""
    return ft.Container(
        height=height,
        border_radius=height / 2,
        clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST,
        content=ft.Container(
            bgcolor=ft.Colors.PRIMARY,
            border_radius=height / 2,
            offset=ft.Offset(share - 1, 0),
            animate_offset=_GROW,
        ),
    )
