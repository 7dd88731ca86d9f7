"""The commands of the app, and the buttons for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft
from theme import BOLD, TEXT

_STYLE = ft.ButtonStyle(
    padding=ft.Padding.symmetric(horizontal=20, vertical=14),
    text_style=ft.TextStyle(size=TEXT, font_family=BOLD),
)


@dataclass(frozen=True)
class Commands:
    """What a button can do besides changing the session."""

    picker: ft.FilePicker
    take: Callable[[], None]
    open_settings: Callable[[], None]
    close: Callable[[], None]
    """Close what is open, and go home."""


def button(label: str, icon: ft.IconData, on_click: Callable[[], object]) -> ft.Control:
    return ft.OutlinedButton(label, icon=icon, style=_STYLE, on_click=on_click)


def main_button(
    label: str, icon: ft.IconData, on_click: Callable[[], object], *, disabled: bool = False
) -> ft.Control:
    return ft.FilledButton(label, icon=icon, style=_STYLE, on_click=on_click, disabled=disabled)


def choose_button(commands: Commands, label: str = "Choose") -> ft.Control:
    """Opens the system's picker from the client, as browsers on iOS require."""
    pick = ft.PickFiles(
        commands.picker,
        file_type=ft.FilePickerFileType.IMAGE,
        allow_multiple=True,
        with_data=True,  # there is no path in a browser
    )
    return ft.OutlinedButton(label, icon=ft.Icons.PHOTO_LIBRARY, style=_STYLE, action=pick)
