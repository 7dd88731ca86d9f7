"""The model that answers, and its licence."""

from __future__ import annotations

import flet as ft
from state import Session
from theme import SMALL, text


@ft.component
def Footer(session: Session) -> ft.Control:
    """The model's name and licence; the licence covers the use of the labels."""
    model = session.model
    if model is None:
        return ft.Container(height=0)
    use = "" if model.commercial_use else ", not for commercial use"
    return text(f"{model.name} {model.version} · {model.licence}{use}", SMALL, quiet=True)
