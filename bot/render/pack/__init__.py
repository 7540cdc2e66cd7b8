"""A printable copy of everything, for the day when nothing else is at hand: plain HTML, no script."""

from bot.render.pack.pages import Shelved, draw_pack

__all__ = ["Shelved", "draw_pack"]
