"""Fits of models of items to a Gram matrix, without data of users."""

from typing import Any, ClassVar, Self

import numpy as np

from recokit.base._learner import Learner
from recokit.base._state import replace_state
from recokit.data.attributes import Attribute, Flag
from recokit.data.gram import Gram
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError

__all__ = ["GramLearner"]


class GramLearner(Learner):
    """A learner of weights between items, which can be fitted to a `recokit.data.Gram` as well.

    A subclass implements ``_fit_gram``.
    """

    _may_lack_interactions: ClassVar[bool] = True

    fitted_to_gram_: bool = False

    def _fit_gram(self, gram: Gram) -> None:
        """Set the fitted attributes from a Gram matrix."""
        raise NotImplementedError

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {"fitted_to_gram_": Flag(or_absent=True)}

    def fit_gram(self, gram: Gram) -> Self:
        """Fit the model to the products of items, without data of users.

        The model has no users: it recommends by `recommend_for` and `similar_items`. Parameters that weight users have
        no effect, since the matrix holds the weights.

        Parameters
        ----------
        gram : Gram
            Such as that of `recokit.privacy.private_gram`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            ``gram`` is not a `recokit.data.Gram`.
        DataError
            The model needs numbers that the matrix does not hold.
        """
        if not isinstance(gram, Gram):
            raise TypeError(f"fit_gram: expected a recokit.data.Gram, got {type(gram).__name__}; use fit for user data")
        self._validate_params()
        model = self._with_attributes(self._unfitted_attributes())
        before = frozenset(vars(model))
        model._set_common_attributes(_without_users(gram.items))
        model.item_counts_ = gram.popularity.astype(np.float32)
        model._fit_gram(gram)
        model.fitted_to_gram_ = True
        model._fit_parameters = model.get_params(deep=False)
        model._fitted_names = frozenset(vars(model)) - before
        replace_state(self, model)
        return self

    def partial_fit(self, X: Any, y: Any = None, **side: Any) -> Self:
        if self.fitted_to_gram_:
            raise DataError(
                "this model was fitted to a Gram matrix, which further interactions cannot be added to; fit it anew to "
                "a Gram matrix of all data"
            )
        return super().partial_fit(X, y, **side)

    partial_fit.__doc__ = Learner.partial_fit.__doc__


def _without_users(items: IdIndex) -> Interactions:
    """Return implicit interactions over no users."""
    users = IdIndex.from_range(0)
    empty = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    return Interactions(users, items, np.zeros(1, dtype=np.int64), *empty, None, "implicit")
