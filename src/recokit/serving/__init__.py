"""Serving models in production."""

from recokit.serving.model_store import ModelStore
from recokit.serving.user_fold_in import UserFoldIn
from recokit.serving.warm_up import warm_up
from recokit.serving.watched_model import WatchedModel

__all__ = ["ModelStore", "UserFoldIn", "WatchedModel", "warm_up"]
