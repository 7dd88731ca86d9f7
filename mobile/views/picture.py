"""A photo as it is sent, or a card in its place."""

from __future__ import annotations

import flet as ft
from photos import format_name
from state import Entry
from theme import GAP, ROUND, SMALL, text


@ft.component
def Picture(entry: Entry, *, fills: bool = False) -> ft.Control:
    """The photo of an entry: as wide as there is room, or filling what is around it."""
    aspect = entry.photo.aspect if entry.photo else None
    return ft.Container(
        # A tall photo leaves room for the labels below.
        aspect_ratio=None if fills else max(1, aspect or 4 / 3),
        border_radius=ROUND,
        clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST,
        alignment=None if aspect else ft.Alignment.CENTER,  # a photo fills the frame
        content=_with_heat(entry) if aspect else drawn(entry),
    )


def _with_heat(entry: Entry) -> ft.Control:
    """The photo, under the heat map of the label that was tapped."""
    layers = [drawn(entry)]
    if entry.seen and entry.seen.heatmap:
        # Both have the same proportions, so both are fitted into the frame alike.
        layers.append(
            ft.Image(
                entry.seen.heatmap.overlay,
                fit=ft.BoxFit.CONTAIN,
                exclude_from_semantics=True,  # `Heat` says it in words
            )
        )
    return ft.Stack(layers, fit=ft.StackFit.EXPAND)


def drawn(entry: Entry, *, side: int | None = None) -> ft.Control:
    """The photo as a whole, or filling a square of `side` pixels; a text if it cannot be drawn."""
    photo = entry.photo
    if photo is None:
        return ft.ProgressRing(width=24, height=24, semantics_label="Preparing")
    if photo.aspect:
        return ft.Image(
            photo.data,
            fit=ft.BoxFit.COVER if side else ft.BoxFit.CONTAIN,
            width=side,
            height=side,
            gapless_playback=True,
            semantics_label=entry.name,
        )
    name = format_name(photo.data)
    if side:
        return text(name or "?", SMALL, quiet=True, bold=True)
    return ft.Column(
        tight=True,
        spacing=GAP / 2,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        controls=[
            ft.Icon(ft.Icons.HIDE_IMAGE_OUTLINED, size=40, color=ft.Colors.ON_SURFACE_VARIANT),
            text(f"{name or 'This file'} cannot be shown here", quiet=True),
        ],
    )
