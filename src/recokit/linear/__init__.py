"""Linear models of items by items."""

from recokit.linear.ease import EASE
from recokit.linear.slim import SLIM

__all__ = ["EASE", "SLIM"]
