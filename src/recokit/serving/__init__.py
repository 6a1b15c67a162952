"""Serving models in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recokit.serving.warm_up import warm_up

# recokit imports this package for `warm_up`, and these modules import much more.
_LAZY_NAMES = {
    "ModelStore": "model_store",
    "Tool": "toolbox",
    "ToolError": "toolbox",
    "Toolbox": "toolbox",
    "UserFoldIn": "user_fold_in",
    "WatchedModel": "watched_model",
    "tools": "shop_tools",
}

if TYPE_CHECKING:
    from recokit.serving.model_store import ModelStore
    from recokit.serving.shop_tools import tools
    from recokit.serving.toolbox import Tool, Toolbox, ToolError
    from recokit.serving.user_fold_in import UserFoldIn
    from recokit.serving.watched_model import WatchedModel
else:

    def __getattr__(name: str) -> Any:
        if name in _LAZY_NAMES:
            return getattr(import_module(f"recokit.serving.{_LAZY_NAMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["ModelStore", "Tool", "ToolError", "Toolbox", "UserFoldIn", "WatchedModel", "tools", "warm_up"]
