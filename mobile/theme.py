"""Colours, typeface and sizes: change the look of the app here."""

from __future__ import annotations

import flet as ft

#: Families by the files in assets/; Flutter ignores the fonts of the system.
FONTS = {"Inter": "fonts/Inter-Regular.ttf", "Inter Bold": "fonts/Inter-Bold.ttf"}
REGULAR, BOLD = FONTS

#: Sizes of text.
SMALL, TEXT, LARGE, TITLE = 13, 16, 20, 28
#: Radius of corners, and the usual gap.
ROUND, GAP = 18, 16


def _theme(scheme: ft.ColorScheme) -> ft.Theme:
    return ft.Theme(
        color_scheme=scheme,
        scaffold_bgcolor=scheme.surface,
        font_family=REGULAR,
        use_material3=True,
        visual_density=ft.VisualDensity.STANDARD,
    )


LIGHT = _theme(
    ft.ColorScheme(
        primary="#17694f",
        on_primary="#ffffff",
        surface="#faf9f6",
        on_surface="#1c1b19",
        on_surface_variant="#625e57",
        surface_container="#ffffff",
        surface_container_low="#ffffff",
        surface_container_highest="#efece5",
        outline="#8a857c",
        outline_variant="#e4e0d8",
        error="#a3341f",
    )
)
DARK = _theme(
    ft.ColorScheme(
        primary="#7bd3b3",
        on_primary="#0c211a",
        surface="#151513",
        on_surface="#f1efe9",
        on_surface_variant="#aaa69c",
        surface_container="#1d1d1a",
        surface_container_low="#1d1d1a",
        surface_container_highest="#2b2a26",
        outline="#7d796f",
        outline_variant="#35342f",
        error="#f2a08f",
    )
)


def text(value: str, size: int = TEXT, *, quiet: bool = False, bold: bool = False) -> ft.Text:
    """Text in the app's typeface; bold is a separate font file."""
    return ft.Text(
        value,
        size=size,
        style=ft.TextStyle(font_family=BOLD if bold else REGULAR, letter_spacing=0),
        color=ft.Colors.ON_SURFACE_VARIANT if quiet else ft.Colors.ON_SURFACE,
    )
