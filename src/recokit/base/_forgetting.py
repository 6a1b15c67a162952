"""Forgetting: the part of the protocol that removes users from a fitted model."""

from typing import Any, ClassVar, Self

import numpy as np

from recokit._typing import BoolArray, CodeArray
from recokit.base._learner import Learner
from recokit.base._state import replace_state
from recokit.data._forgetting import OnUnknownUser, check_on_unknown
from recokit.data._id_lists import as_id_list, other_form, warn_of_other_form
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError, NotFittedError, UnknownIdError

__all__ = ["Forgetter"]


class Forgetter(Learner):
    """A learner that can forget users.

    A model that keeps more data by user or by item than ``interactions_`` overrides the hooks for these data.
    """

    _exact_forget: ClassVar[bool] = True  # forget equals a fit without the users, up to rounding

    # ------------------------------------------------------------------ hooks

    def _forget_side(self, users: Any) -> BoolArray:
        """Remove users from all data by user except ``interactions_``; return which of the ids these data held."""
        return np.zeros(len(users), dtype=np.bool_)

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items that side information holds, which stay without users; None for no item."""
        return None

    def _take_items(self, item_codes: CodeArray) -> None:
        """Restrict the data by item to the items that stay, given by their previous codes; nothing by default."""

    def _take_users(self, user_codes: CodeArray) -> None:
        """Restrict the data by user to the users that stay, given by their previous codes; nothing by default."""

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        """Update the model from ``previous`` to the ``remaining`` interactions; a refit by default.

        Called on a copy that shares the arrays of the old state: set new arrays, never write into old ones.
        """
        self._fit(remaining)

    def _refit(self, remaining: Interactions) -> None:
        """Fit the model anew to the remaining interactions."""
        for name in self._kept_by_refit:
            self.__dict__.pop(name, None)
        self._fit(remaining)

    # ------------------------------------------------------------------ forgetting

    def forget(self, users: Any, *, refit: bool = False, on_unknown: OnUnknownUser = "raise") -> Self:
        """Remove users from the model, as if they had never been in the data.

        Their ids, interactions and factors are deleted, and their part in the weights of items too. Items that only
        these users had are deleted, unless a catalogue lists them. Models with sums in closed form, such as those of
        neighbours, transitions, baskets and EASE, then equal a fit without the users. `ImplicitALS`, `BPR` and
        `SGDMatrixFactorization` run some epochs on the remaining data, from the fitted factors: the result is close to
        such a fit, and ``refit=True`` gives the fit itself. Save the model again afterwards; older files still hold the
        users.

        Parameters
        ----------
        users : array-like of ids, or one id
        refit : bool
            Fit anew on the remaining data.
        on_unknown : {"raise", "ignore"}
            Treatment of users who are not in the data.

        Returns
        -------
        self

        Raises
        ------
        NotFittedError
            The model is not fitted.
        UnknownIdError
            A user is unknown and ``on_unknown="raise"``; the model stays as it was.
        DataError
            No interactions would be left.
        """
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet; call fit first.")
        check_on_unknown(on_unknown)
        self._validate_params()
        model = self._with_attributes(dict(vars(self)))
        previous = model.interactions_
        remaining = model._remaining(as_id_list(users), on_unknown)
        if remaining is previous:
            return self
        model._set_common_attributes(remaining)
        if refit:
            model._refit(remaining)
        else:
            model._forget(remaining, previous)
        model._fitted_names |= frozenset(vars(model)) - frozenset(vars(self))
        replace_state(self, model)
        return self

    def _remaining(self, users: Any, on_unknown: OnUnknownUser) -> Interactions:
        """Return the interactions without the users, and remove these users from the side information.

        If none of the users is known, the interactions themselves are returned.
        """
        previous, held = self.interactions_, self._side_items()
        codes = previous.users.codes(users)
        unknown = (codes < 0) & ~self._forget_side(users)
        if on_unknown == "raise" and np.any(unknown):
            lacking = [key for key, is_unknown in zip(users, unknown, strict=True) if is_unknown]
            raise UnknownIdError("user", lacking, other_form(previous.users, lacking[0]))
        if np.all(unknown):
            warn_of_other_form(previous.users, users, codes, "user")
            return previous
        remaining = previous._without_users(np.unique(codes[codes >= 0]), held, self._side_items())
        if remaining.n_interactions == 0:
            raise DataError("no interactions would be left; delete the model instead")
        if remaining.n_users < previous.n_users:
            self._take_users(previous.users.codes(remaining.users))
        if remaining.n_items < previous.n_items:
            self._take_items(previous.items.codes(remaining.items))
        return remaining
