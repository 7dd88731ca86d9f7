"""The app: pick or take a photo, and see what it shows.

python main.py serves it to a browser; `flet build` packages it for phones.
"""

from __future__ import annotations

import logging
import os

import flet as ft
import theme
from settings import load_settings
from state import Session
from views import App


async def main(page: ft.Page) -> None:
    page.title = "classify"
    page.padding = 0
    page.fonts = theme.FONTS
    page.theme, page.dark_theme = theme.LIGHT, theme.DARK
    session = Session(await load_settings())
    page.on_close = session.close
    picker = ft.FilePicker()
    page.render(App, session, picker)
    await session.look_up_model()


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"))
    port = os.environ.get("PORT")
    # FLET_FORCE_WEB_SERVER serves without opening a browser. No font or engine comes from a CDN.
    if port:
        os.environ["FLET_FORCE_WEB_SERVER"] = "true"
    ft.run(
        main,
        view=ft.AppView.WEB_BROWSER,
        host="127.0.0.1",
        port=int(port or 0),
        no_cdn=True,
    )
