"""Serving models in production."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recokit.serving.warm_up import warm_up

# recokit imports this package for `warm_up`, and these modules import much more.
_LAZY_NAMES = {**dict.fromkeys(("Tool", "ToolError", "Toolbox"), "toolbox"), "tools": "shop_tools"}

if TYPE_CHECKING:
    from recokit.serving.shop_tools import tools
    from recokit.serving.toolbox import Tool, Toolbox, ToolError
else:

    def __getattr__(name: str) -> Any:
        if name in _LAZY_NAMES:
            return getattr(import_module(f"recokit.serving.{_LAZY_NAMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Tool", "ToolError", "Toolbox", "tools", "warm_up"]
