"""The camera, on the whole screen."""

from __future__ import annotations

from typing import Any

import flet as ft
import flet_camera as fc
from state import Session
from theme import GAP, LARGE, text
from words import NO_CAMERA

from views.buttons import Commands, button, choose_button, main_button


@ft.component
def CameraScreen(session: Session, commands: Commands) -> ft.Control:
    """What the camera sees, and a button to take it."""
    camera = ft.use_memo(_new_ref, [])
    ready, set_ready = ft.use_state(False)
    missing, set_missing = ft.use_state(False)

    async def start() -> None:
        try:
            await _start(camera.current)
            set_ready(True)
        except (LookupError, RuntimeError):
            set_missing(True)

    async def shoot() -> None:
        set_ready(False)
        control: Any = camera.current
        data = await control.take_picture()
        commands.close()
        session.add("Photo", data)

    ft.on_mounted(start)
    if missing:
        return _no_camera(commands)
    return ft.SafeArea(
        expand=True,
        content=ft.Column(
            expand=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            controls=[
                fc.Camera(ref=camera, expand=True),
                ft.Container(
                    padding=GAP,
                    content=ft.Row(
                        wrap=True,
                        alignment=ft.MainAxisAlignment.CENTER,
                        controls=[
                            button("Back", ft.Icons.CLOSE, commands.close),
                            main_button("Take it", ft.Icons.CAMERA, shoot, disabled=not ready),
                        ],
                    ),
                ),
            ],
        ),
    )


def _new_ref() -> ft.Ref[Any]:
    """A reference to a control, which has no types."""
    return ft.Ref()


async def _start(camera: Any) -> None:
    """Start the camera on the back. Raises IndexError or RuntimeError if there is none."""
    cameras = await camera.get_available_cameras()
    back = [each for each in cameras if each.lens_direction == fc.CameraLensDirection.BACK]
    await camera.initialize((back or cameras)[0], fc.ResolutionPreset.HIGH, enable_audio=False)


def _no_camera(commands: Commands) -> ft.Control:
    return ft.Container(
        expand=True,
        alignment=ft.Alignment.CENTER,
        padding=1.5 * GAP,
        content=ft.Column(
            tight=True,
            spacing=GAP,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            controls=[
                ft.Icon(ft.Icons.NO_PHOTOGRAPHY, size=44, color=ft.Colors.ON_SURFACE_VARIANT),
                text(NO_CAMERA.title, LARGE, bold=True),
                text(NO_CAMERA.text),
                ft.Row(
                    wrap=True,
                    alignment=ft.MainAxisAlignment.CENTER,
                    controls=[
                        button("Back", ft.Icons.CLOSE, commands.close),
                        choose_button(commands, NO_CAMERA.action.value),
                    ],
                ),
            ],
        ),
    )
