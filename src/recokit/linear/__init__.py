"""Linear models of items by items."""

from recokit.linear.ease import EASE

__all__ = ["EASE"]
