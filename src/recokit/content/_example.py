"""Generated titles for warm-up and the contract checks."""

from typing import Any

from recokit.data.interactions import Interactions

__all__ = ["example_titles"]

_WORDS = ("tea", "cup", "pot", "green", "black", "绿茶", "红茶", "茶壶")


def example_titles(interactions: Interactions) -> dict[Any, str]:
    """Return a title of two words for each item of generated interactions."""
    numbers = {item: sum(str(item).encode()) for item in interactions.items}
    return {item: f"{_WORDS[number % 5]} {_WORDS[number % 8]}" for item, number in numbers.items()}
