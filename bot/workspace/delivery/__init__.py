"""Delivery: what people do goes to the app over Socket Mode or signed HTTP."""

from bot.workspace.delivery.answers import PressOutcome
from bot.workspace.delivery.courier import Delivery

__all__ = ["Delivery", "PressOutcome"]
