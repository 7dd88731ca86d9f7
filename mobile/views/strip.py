"""The photos of the session, small and in a row."""

from __future__ import annotations

import flet as ft
from state import UNDER_WAY, Entry, Session, Stage

from views.picture import drawn

_SIDE = 56


@ft.component
def Strip(session: Session) -> ft.Control:
    """The photos to go back to; with less than two there is nothing to choose."""
    return ft.Row(
        visible=len(session.entries) > 1,
        scroll=ft.ScrollMode.AUTO,
        spacing=8,
        controls=[
            ft.Container(Thumbnail(session, entry, chosen=entry is session.shown), key=id(entry))
            for entry in reversed(session.entries)
        ],
    )


@ft.component
def Thumbnail(session: Session, entry: Entry, *, chosen: bool) -> ft.Control:
    """A photo of the strip, with a mark if it failed or is under way."""
    return ft.Semantics(
        label=f"{entry.name}, {_summary(entry)}",
        identifier="thumbnail",
        button=True,
        selected=chosen,
        container=True,
        exclude_semantics=True,
        on_tap=lambda: session.show(entry),
        content=ft.Container(
            width=_SIDE,
            height=_SIDE,
            border_radius=14,
            border=ft.Border.all(3, ft.Colors.PRIMARY if chosen else ft.Colors.TRANSPARENT),
            clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
            bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST,
            alignment=ft.Alignment.CENTER,
            on_click=lambda: session.show(entry),
            content=_marked(entry),
        ),
    )


def _marked(entry: Entry) -> ft.Control:
    picture = drawn(entry, side=_SIDE)
    if entry.stage == Stage.DONE or entry.photo is None:
        return picture
    mark: ft.Control = ft.Icon(ft.Icons.ERROR, color=ft.Colors.ERROR, size=20)
    if entry.stage in UNDER_WAY:
        mark = ft.ProgressRing(width=18, height=18, stroke_width=3)
    elif entry.stage == Stage.CANCELLED:
        mark = ft.Icon(ft.Icons.CANCEL, color=ft.Colors.ON_SURFACE_VARIANT, size=20)
    badge = ft.Container(
        mark, padding=3, border_radius=13, right=0, bottom=0, bgcolor=ft.Colors.SURFACE
    )
    return ft.Stack(
        [ft.Container(picture, alignment=ft.Alignment.CENTER), badge], fit=ft.StackFit.EXPAND
    )


def _summary(entry: Entry) -> str:
    if entry.stage == Stage.DONE:
        return entry.labels[0].label if entry.labels else "no label"
    if entry.failure is not None:
        return entry.failure.title
    return "cancelled" if entry.stage == Stage.CANCELLED else "under way"
