"""The progress, the labels or the failure of a photo."""

from __future__ import annotations

import flet as ft
from state import UNDER_WAY, Entry, Session, Stage
from theme import GAP, LARGE, SMALL, text
from words import Action, Words

from views.bars import Bars
from views.buttons import Commands, button, choose_button
from views.heat import Heat

_TITLES = {
    Stage.PREPARING: "Preparing the photo",
    Stage.SENDING: "Sending the photo",
    Stage.WAITING: "Looking at it",
    Stage.WAKING: "Waking up the function",
}
_WAKING = "It stops when it is not used. The first photo takes some seconds longer."
_CANCELLED = Words("Cancelled", "The photo was not classified.", Action.RETRY)


@ft.component
def Result(session: Session, entry: Entry, commands: Commands) -> ft.Control:
    """The result of an entry, below or beside its photo."""
    if entry.stage in UNDER_WAY:
        content = _progress(session, entry)
    elif entry.stage == Stage.DONE:
        content = ft.Column(
            [Bars(entry, lambda label: session.toggle_heat(entry, label)), Heat(entry)],
            spacing=GAP,
        )
    else:
        content = _failure(session, entry, entry.failure or _CANCELLED, commands)
    return ft.Semantics(live_region=True, container=True, content=content)


def _progress(session: Session, entry: Entry) -> ft.Control:
    sending = entry.stage == Stage.SENDING
    size = len(entry.photo.data) if entry.photo else 0
    detail = {
        Stage.SENDING: f"{size * entry.percent // 100_000:,} of {size // 1000:,} kB",
        Stage.WAKING: _WAKING,
    }.get(entry.stage, entry.name)
    return ft.Column(
        spacing=GAP / 2,
        controls=[
            text(_TITLES[entry.stage], LARGE, bold=True),
            ft.ProgressBar(
                value=entry.percent / 100 if sending else None,
                border_radius=4,
                bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST,
                semantics_label="Progress",
            ),
            text(detail, SMALL, quiet=True),
            button("Cancel", ft.Icons.CLOSE, lambda: session.cancel(entry)),
        ],
    )


def _failure(session: Session, entry: Entry, words: Words, commands: Commands) -> ft.Control:
    wrong = entry.stage == Stage.FAILED
    title = text(words.title, LARGE, bold=True)
    title.color = ft.Colors.ERROR if wrong else ft.Colors.ON_SURFACE
    return ft.Column(
        spacing=GAP / 2,
        controls=[
            title,
            text(words.text),
            text(entry.name, SMALL, quiet=True),
            _action(session, entry, words.action, commands),
        ],
    )


def _action(session: Session, entry: Entry, action: Action, commands: Commands) -> ft.Control:
    match action:
        case Action.CHOOSE:
            return choose_button(commands, action.value)
        case Action.SETTINGS:
            return button(action.value, ft.Icons.TUNE, commands.open_settings)
        case Action.RETRY:
            return button(action.value, ft.Icons.REFRESH, lambda: session.retry(entry))
