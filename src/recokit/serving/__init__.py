"""Serving models in production."""

from recokit.serving.warm_up import warm_up

__all__ = ["warm_up"]
