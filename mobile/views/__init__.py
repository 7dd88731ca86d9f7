"""What is on the screen, made from the state."""

from views.app import App

__all__ = ["App"]
