"""The settings, in a sheet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import flet as ft
from client import ClassifyError, Client
from settings import TOP_K, Settings
from state import Session
from theme import GAP, LARGE, ROUND, text
from words import words_for

from views.buttons import Commands, button, main_button

# Seconds without a key press, after which an address is checked.
_PAUSE = 0.4
_LOOKING, _FOUND = "Looking …", "Function found"

Change = Callable[[Settings], object]


@ft.component
def SettingsSheet(session: Session, commands: Commands) -> ft.Control:
    """A sheet that is open as long as this is on the screen."""
    draft, change = ft.use_state(session.settings)
    found, set_found = ft.use_state(_LOOKING)

    async def check() -> None:
        set_found(_LOOKING)
        await asyncio.sleep(_PAUSE)
        set_found(await _look(draft.url))

    async def save() -> None:
        commands.close()
        await session.apply(draft)

    ft.use_effect(check, [draft.url])
    fields = [
        text("Settings", LARGE, bold=True),
        _address(draft, found, change),
        _key(draft, change),
        _label_count(draft, change),
        ft.Row(
            wrap=True,
            alignment=ft.MainAxisAlignment.END,
            controls=[
                button("Discard", ft.Icons.CLOSE, commands.close),
                main_button("Save", ft.Icons.CHECK, save),
            ],
        ),
    ]
    ft.use_dialog(
        ft.BottomSheet(
            on_dismiss=commands.close,
            scrollable=True,
            bgcolor=ft.Colors.SURFACE,
            content=ft.Container(
                padding=1.5 * GAP,
                content=ft.Column(
                    fields,
                    tight=True,
                    spacing=GAP,
                    scroll=ft.ScrollMode.AUTO,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                ),
            ),
        )
    )
    return ft.Container(height=0)


async def _look(url: str) -> str:
    """What is found at an address, in words."""
    try:
        async with Client(url) as client:
            await client.check()
    except ClassifyError as error:
        words = words_for(error)
        return f"{words.title}. {words.text}"
    return _FOUND


def _address(draft: Settings, found: str, change: Change) -> ft.Control:
    wrong = found not in (_LOOKING, _FOUND)
    field = _field("Address of the function", draft.url)
    field.keyboard_type = ft.KeyboardType.URL
    field.helper, field.error = (None, found) if wrong else (found, None)
    field.on_change = lambda event: change(replace(draft, url=event.control.value))
    return field


def _key(draft: Settings, change: Change) -> ft.Control:
    field = _field("Key, if it asks for one", draft.key)
    field.password = True
    field.on_change = lambda event: change(replace(draft, key=event.control.value.strip()))
    return field


def _field(label: str, value: str) -> ft.TextField:
    return ft.TextField(
        label=label,
        value=value,
        border_radius=ROUND / 1.5,
        autocorrect=False,
        enable_suggestions=False,
        helper_max_lines=3,
        error_max_lines=5,
    )


def _label_count(draft: Settings, change: Change) -> ft.Control:
    def step(by: int, name: str, icon: ft.IconData) -> ft.Control:
        return ft.IconButton(
            icon=ft.Icon(icon, semantics_label=name),
            disabled=draft.top_k + by not in TOP_K,
            on_click=lambda: change(replace(draft, top_k=draft.top_k + by)),
        )

    count = text(f"Labels: {draft.top_k}")
    count.expand = True
    return ft.Row(
        [
            count,
            step(-1, "Fewer labels", ft.Icons.REMOVE_CIRCLE_OUTLINE),
            step(1, "More labels", ft.Icons.ADD_CIRCLE_OUTLINE),
        ]
    )
