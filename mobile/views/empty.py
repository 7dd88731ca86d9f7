"""The screen before the first photo."""

from __future__ import annotations

import flet as ft
from theme import GAP, TEXT, TITLE, text


@ft.component
def Empty() -> ft.Control:
    return ft.Container(
        padding=ft.Padding.symmetric(horizontal=1.5 * GAP, vertical=4 * GAP),
        content=ft.Column(
            tight=True,
            spacing=GAP,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            controls=[
                ft.Container(
                    width=96,
                    height=96,
                    border_radius=48,
                    bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST,
                    alignment=ft.Alignment.CENTER,
                    content=ft.Icon(ft.Icons.IMAGE_SEARCH, size=44, color=ft.Colors.PRIMARY),
                ),
                _centred("What is in the photo?", TITLE, bold=True),
                _centred("Take one or choose some, and see what they show.", TEXT, quiet=True),
            ],
        ),
    )


def _centred(value: str, size: int, *, quiet: bool = False, bold: bool = False) -> ft.Text:
    label = text(value, size, quiet=quiet, bold=bold)
    label.text_align = ft.TextAlign.CENTER
    return label
