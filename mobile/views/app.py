"""The whole screen: a bar, the photo with its labels, the strip and the buttons."""

from __future__ import annotations

import flet as ft
from state import Entry, Session
from theme import GAP, LARGE, text

from views.buttons import Commands, choose_button, main_button
from views.camera import CameraScreen
from views.empty import Empty
from views.footer import Footer
from views.picture import Picture
from views.result import Result
from views.settings import SettingsSheet
from views.strip import Strip


@ft.component
def App(session: Session, picker: ft.FilePicker) -> ft.Control:
    """The app for a session."""
    page = ft.context.page
    size, set_size = ft.use_state((page.width or 0, page.height or 0))
    screen, set_screen = ft.use_state("home")
    page.on_resize = lambda event: set_size((event.width, event.height))

    def receive(event: ft.FilePickerResultEvent) -> None:
        set_screen("home")
        for file in event.files:
            session.add(file.name, file.bytes or b"")

    picker.on_result = receive
    commands = Commands(
        picker,
        take=lambda: set_screen("camera"),
        open_settings=lambda: set_screen("settings"),
        close=lambda: set_screen("home"),
    )
    if screen == "camera":
        return CameraScreen(session, commands)
    width, height = size
    layout = _beside if width > height else _above
    return ft.SafeArea(
        expand=True,
        content=ft.Column(
            expand=True,
            spacing=0,
            controls=[
                _bar(commands),
                ft.Container(layout(session, commands), expand=True, padding=GAP),
                *([SettingsSheet(session, commands)] if screen == "settings" else []),
            ],
        ),
    )


def _bar(commands: Commands) -> ft.Control:
    return ft.Container(
        padding=ft.Padding.only(left=GAP + 4, right=GAP / 2, top=GAP / 2),
        content=ft.Row(
            alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
            controls=[
                text("classify", LARGE, bold=True),
                ft.IconButton(
                    icon=ft.Icon(ft.Icons.TUNE, semantics_label="Settings"),
                    on_click=commands.open_settings,
                ),
            ],
        ),
    )


def _above(session: Session, commands: Commands) -> ft.Control:
    """A photo above its labels, for a device that is upright."""
    entry = session.shown
    content = [Empty()] if entry is None else [Picture(entry), _result(session, entry, commands)]
    return ft.Column([_scrolled(*content, Footer(session)), _foot(session, commands)], spacing=GAP)


def _beside(session: Session, commands: Commands) -> ft.Control:
    """A photo beside its labels, for a device on its side."""
    entry = session.shown
    if entry is None:
        return _above(session, commands)
    labels = _scrolled(_result(session, entry, commands), Footer(session))
    return ft.Row(
        spacing=1.5 * GAP,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
        controls=[
            ft.Container(Picture(entry, fills=True), expand=True),
            ft.Column([labels, _foot(session, commands)], expand=True, spacing=GAP),
        ],
    )


def _result(session: Session, entry: Entry, commands: Commands) -> ft.Control:
    # The key starts the bars from nothing for each photo.
    return ft.Container(Result(session, entry, commands), key=id(entry))


def _scrolled(*controls: ft.Control) -> ft.Control:
    return ft.Column(list(controls), spacing=GAP, scroll=ft.ScrollMode.AUTO, expand=True)


def _foot(session: Session, commands: Commands) -> ft.Control:
    buttons = [
        main_button("Take a photo", ft.Icons.PHOTO_CAMERA, commands.take),
        choose_button(commands),
    ]
    return ft.Column(
        spacing=0.75 * GAP,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        controls=[
            Strip(session),
            ft.Row(buttons, wrap=True, alignment=ft.MainAxisAlignment.CENTER),
        ],
    )
