"""Parts of a hybrid: names, checks, nested parameters, and fitting with errors that name the part."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state

from recokit.base import Recommender
from recokit.exceptions import DataError, first_few

__all__ = ["Composition", "FollowsParts", "checked_parts", "named_parts", "new_part", "on_part", "seeds_of"]

Parts = list[tuple[str, Recommender]]
_MAX_SEED = 2**31 - 1


def named_parts(models: Any) -> Parts:
    """Return the parts with their names; entries that are not recommenders are left out.

    Parameters
    ----------
    models : list of recommenders or of pairs (name, recommender)
        A part without a name gets that of its class in lower case, with a number if it occurs more than once.

    Examples
    --------
    >>> from recokit import EASE, ItemKNN
    >>> [name for name, _ in named_parts([ItemKNN(), ItemKNN(5), ("linear", EASE())])]
    ['itemknn-1', 'itemknn-2', 'linear']
    """
    entries = list(models) if isinstance(models, list | tuple) else []
    pairs = [one if _is_pair(one) else (None, one) for one in entries]
    pairs = [(name, model) for name, model in pairs if isinstance(model, Recommender)]
    kinds = [type(model).__name__.lower() for name, model in pairs if name is None]
    n_of_kind, used, named = Counter(kinds), Counter[str](), []
    for name, model in pairs:
        if name is None:
            name = kind = type(model).__name__.lower()
            if n_of_kind[kind] > 1:
                used[kind] += 1
                name = f"{kind}-{used[kind]}"
        named.append((name, model))
    return named


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, tuple) and len(entry) == 2


def checked_parts(hybrid: Any, models: Any) -> Parts:
    """Return the parts with their names.

    Raises
    ------
    ValueError
        There are no parts, or a name occurs twice or cannot be used.
    TypeError
        A part is not a recommender.
    """
    owner = type(hybrid).__name__
    form = "a list of recommenders, or of pairs (name, recommender)"
    if not isinstance(models, list | tuple):
        hint = "; pass list(models.items())" if isinstance(models, Mapping) else ""
        raise TypeError(f"{owner}: models: expected {form}, got {models!r:.60}{hint}")
    wrong = [one for one in models if not isinstance(one[1] if _is_pair(one) else one, Recommender)]
    if wrong:
        hint = "; create the model first, such as ItemKNN()" if any(isinstance(one, type) for one in wrong) else ""
        raise TypeError(f"{owner}: models: expected {form}, got {first_few(map(_shortened, wrong))}{hint}")
    parts = named_parts(models)
    if not parts:
        raise ValueError(f"{owner}: models is empty; give one or more recommenders")
    names = [name for name, _ in parts]
    own = set(hybrid.get_params(deep=False))
    bad = [name for name in names if not isinstance(name, str) or not name or "__" in name or name in own]
    if bad:
        raise ValueError(
            f"{owner}: models: the names {first_few(bad)} cannot be used; a name is a text without two underscores "
            "that is not a parameter of the hybrid"
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(f"{owner}: models: the names {first_few(repeated)} occur more than once")
    return parts


def _shortened(entry: Any) -> Any:
    return entry.__name__ if isinstance(entry, type) else entry if isinstance(entry, str | int) else repr(entry)[:60]


def seeds_of(random_state: Any, n: int) -> list[int | None]:
    """Return a seed for each of n parts, None without a ``random_state``."""
    if random_state is None:
        return [None] * n
    return [int(seed) for seed in check_random_state(random_state).randint(_MAX_SEED, size=n)]


def new_part(model: Recommender, n_threads: int | None, seed: int | None) -> Recommender:
    """Return an unfitted copy of a part, with the threads and a seed of the hybrid where it has none."""
    part: Recommender = clone(model)
    values: dict[str, Any] = {"n_threads": n_threads, "random_state": seed}
    params = part.get_params(deep=True)
    missing = {
        name: values[name.rpartition("__")[2]]
        for name, value in params.items()
        if value is None and name.rpartition("__")[2] in values
    }
    chosen = {name: value for name, value in missing.items() if value is not None}
    return part.set_params(**chosen) if chosen else part


def on_part(name: str, part: Any, act: Callable[[], Any]) -> Any:
    """Return ``act()``; an error names the part.

    Raises
    ------
    DataError, TypeError, MemoryError, RuntimeError
        The part raised an error. DataError stands for all subclasses of ValueError, RuntimeError for all other errors.
    """
    try:
        return act()
    except Exception as error:
        text = f"the part {name!r} ({type(part).__name__}) cannot be fitted: {error}"
        kinds: tuple[tuple[type[Exception], type[Exception]], ...] = (
            (ValueError, DataError),
            (TypeError, TypeError),
            (MemoryError, MemoryError),
        )
        kind = next((raised for caught, raised in kinds if isinstance(error, caught)), RuntimeError)
        raise kind(text) from error


class FollowsParts:
    """A class attribute of recommenders that, for a hybrid, follows from its parts; read-only.

    Parameters
    ----------
    default : bool
        Value for the class, without parts.
    combine : callable
        Function of the values of the parts, such as ``any``.
    unless_learned : bool
        The value is False if the hybrid learns from held-out data.
    """

    def __init__(
        self, default: bool, combine: Callable[[Iterable[bool]], bool], *, unless_learned: bool = False
    ) -> None:
        self.default = default
        self.combine = combine
        self.unless_learned = unless_learned

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, hybrid: Any, owner: type) -> bool:
        if hybrid is None:
            return self.default
        if self.unless_learned and hybrid._learns():
            return False
        return bool(self.combine([getattr(part, self.name) for part in hybrid._recommenders()]))


class Composition(BaseEstimator):
    """Parameters of an estimator with named parts: ``name`` is a part, and ``name__parameter`` a parameter of it."""

    models: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and by default also the parts and their parameters.

        Parameters
        ----------
        deep : bool
            Include each part under its name, and its parameters as ``name__parameter``.
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            for name, model in named_parts(self.models):
                if name not in params:
                    params[name] = model
                    params |= {f"{name}__{key}": value for key, value in model.get_params(deep=True).items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, parts by their names, and parameters of parts as ``name__parameter``.

        Parameters
        ----------
        **params
            New values.

        Returns
        -------
        self
        """
        if "models" in params:
            self.models = params.pop("models")
        own = set(BaseEstimator.get_params(self, deep=False))
        parts = named_parts(self.models)
        replaced = {name: params.pop(name) for name, _ in parts if name in params and name not in own}
        if replaced:
            self.models = [(name, replaced.get(name, model)) for name, model in parts]
        super().set_params(**params)
        return self
