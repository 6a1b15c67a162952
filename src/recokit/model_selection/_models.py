"""Names of the models of a comparison, and their arguments of fit."""

from collections.abc import Iterable, Mapping
from typing import Any

from recokit.base import Recommender

__all__ = ["fit_params_by_model", "named_models"]


def named_models(models: Any) -> dict[str, Recommender]:
    """Return one or several estimators by name: their class, or their whole ``repr`` if classes repeat.

    Raises
    ------
    TypeError
        A model is not a recommender.
    ValueError
        There are no models, or two models are the same.

    Examples
    --------
    >>> from recokit import EASE, ItemKNN
    >>> list(named_models([EASE(), ItemKNN(), ItemKNN(n_neighbors=5)]))
    ['EASE', 'ItemKNN()', 'ItemKNN(n_neighbors=5)']
    """
    if isinstance(models, Mapping):
        named = {str(name): _checked(model) for name, model in models.items()}
    else:
        given = [_checked(model) for model in ([models] if not isinstance(models, Iterable) else models)]
        classes = [type(model).__name__ for model in given]
        names = [
            name if classes.count(name) == 1 else " ".join(repr(model).split())
            for name, model in zip(classes, given, strict=True)
        ]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated:
            raise ValueError(f"models: {repeated} is given twice; pass a dict of names to models")
        named = dict(zip(names, given, strict=True))
    if not named:
        raise ValueError("models: expected at least one recommender, got none")
    return named


def _checked(model: Any) -> Recommender:
    if not isinstance(model, Recommender):
        shown = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        hint = "; call the class to make one" if isinstance(model, type) else ""
        raise TypeError(f"models: expected recommenders, got {shown}{hint}")
    return model


def fit_params_by_model(
    models: Mapping[str, Recommender], fit_params: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return the arguments of fit of each model; for several models they are given by the name of the model.

    Raises
    ------
    ValueError
        A name is not the name of a model.
    """
    if len(models) == 1:
        return {name: dict(fit_params or {}) for name in models}
    unknown = [name for name in fit_params or {} if name not in models]
    if unknown:
        raise ValueError(
            f"fit_params: expected a dict of model names to arguments of fit, got {unknown[0]!r}; the models are "
            f"{', '.join(models)}"
        )
    return {name: dict((fit_params or {}).get(name, {})) for name in models}
