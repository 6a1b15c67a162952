"""A warning about parameters that were changed after the fit."""

import warnings
from collections.abc import Mapping
from typing import Any

from recokit._runtime.warnings import levels_inside
from recokit.exceptions import first_few

__all__ = ["warn_of_changed_parameters"]

_HARMLESS = frozenset({"n_threads", "verbose", "random_state"})  # no request depends on them


def warn_of_changed_parameters(model: Any, of_fit: Mapping[str, Any]) -> None:
    """Warn before a fitted model is stored with other parameters than those of its fit.

    Parts of the model that depend on parameters are computed again when it is read.

    Parameters
    ----------
    model : recommender
    of_fit : mapping of str to object
        Parameters of its last fit.

    Warns
    -----
    UserWarning
        A parameter was changed.
    """
    changed = [
        name for name, value in of_fit.items() if name not in _HARMLESS and not _equal(getattr(model, name), value)
    ]
    if changed:
        now = ", ".join(
            f"{name}={getattr(model, name)!r:.40} (fitted with {of_fit[name]!r:.40})" for name in changed[:3]
        )
        warnings.warn(
            f"{type(model).__name__}: {now} changed after the fit, so that the stored model may give other results "
            f"than this one; call fit again first, or set {first_few(changed)} back",
            stacklevel=levels_inside(),
        )


def _equal(now: Any, before: Any) -> bool:
    if now is before:
        return True
    try:
        return type(now) is type(before) and bool(now == before)
    except ValueError:  # arrays
        return False
