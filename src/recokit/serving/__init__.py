"""Serving models in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recokit.serving.warm_up import warm_up

# recokit imports this package for `warm_up`, and these modules import much more.
_LAZY_NAMES = {
    "MemoryEstimate": "memory_estimate",
    "ModelStore": "model_store",
    "Tool": "toolbox",
    "ToolError": "toolbox",
    "Toolbox": "toolbox",
    "UserFoldIn": "user_fold_in",
    "WatchedModel": "watched_model",
    "estimate_memory": "memory_estimate",
    "tools": "shop_tools",
    "write_parquet": "parquet",
}

if TYPE_CHECKING:
    from recokit.serving.memory_estimate import MemoryEstimate, estimate_memory
    from recokit.serving.model_store import ModelStore
    from recokit.serving.parquet import write_parquet
    from recokit.serving.shop_tools import tools
    from recokit.serving.toolbox import Tool, Toolbox, ToolError
    from recokit.serving.user_fold_in import UserFoldIn
    from recokit.serving.watched_model import WatchedModel
else:

    def __getattr__(name: str) -> Any:
        if name in _LAZY_NAMES:
            return getattr(import_module(f"recokit.serving.{_LAZY_NAMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "MemoryEstimate",
    "ModelStore",
    "Tool",
    "ToolError",
    "Toolbox",
    "UserFoldIn",
    "WatchedModel",
    "estimate_memory",
    "tools",
    "warm_up",
    "write_parquet",
]
