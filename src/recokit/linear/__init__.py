"""Linear item-item models."""

from recokit.linear.ease import EASE
from recokit.linear.slim import SLIM

__all__ = ["EASE", "SLIM"]
