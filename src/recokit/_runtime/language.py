"""Languages of sentences and tables."""

from typing import Literal

__all__ = ["Language", "check_language"]

Language = Literal["en", "zh"]


def check_language(language: str) -> None:
    """Raise an error for a language without sentences."""
    if language not in ("en", "zh"):
        raise ValueError(f"language={language!r}: expected 'en' or 'zh'")
