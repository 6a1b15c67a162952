"""Lists of users for items."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recokit._typing import CodeArray, FloatArray
from recokit.base._eligibility import Eligibility, excludes_seen
from recokit.base._hooks import Hooks
from recokit.base._lists import check_length, ranges, require_list_memory, top_of_tiles, with_ids
from recokit.base._state import on_snapshot
from recokit.data._inputs import as_id_list, known_codes
from recokit.data.recommendations import Recommendations

__all__ = ["UserLists"]


class UserLists(Hooks):
    """The users to recommend an item to."""

    @on_snapshot
    def recommend_users(
        self,
        items: Any,
        n: int = 10,
        *,
        exclude_seen: bool | None = None,
        candidates: Any = None,
        exclude: Any = None,
    ) -> Recommendations:
        """Return the top-n users for each item: the users of the training data with the highest scores.

        The scores are those of `recommend`, and are compared between users. Ties are broken by user code, which is the
        order of the sorted user ids. Users for whom the model has no evidence for the item are not listed. The cost is
        that of scoring all users for all items, whatever the number of given items; factor models score these only.

        Parameters
        ----------
        items : array-like of ids, or one id
        n : int
            Maximum number of users in a list.
        exclude_seen : bool, optional
            Exclude the users with interactions with the item; the default is that of `recommend`.
        candidates : array-like of user ids, or mapping of item ids to user ids, optional
            The only users to list: for all items, or for the items in the mapping.
        exclude : array-like of user ids, or mapping of item ids to user ids, optional
            Users to exclude, such as those without consent. Ids that the model does not know are ignored.

        Returns
        -------
        Recommendations
            The given items are the rows (``users``) of the result, and ``items`` are user ids, as the columns of
            ``to_frame`` say.

        Raises
        ------
        UnknownIdError
            An item or a candidate is unknown.
        MemoryError
            The lists need more memory than is available; raised before they are made.

        Examples
        --------
        >>> from recokit import ItemKNN
        >>> model = ItemKNN().fit(
        ...     [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("cy", "pot")]
        ... )
        >>> [user for user, score in model.recommend_users("cup")["cup"]]
        ['bob']
        """
        check_length(n)
        data, ids = self.interactions_, as_id_list(items)
        codes = known_codes(data.items, ids, "item")
        remedy = "lower n, or pass fewer items at a time"
        require_list_memory(len(ids), min(n, data.n_users), data.users, "items", remedy)
        seen = data.rows.transposed(data.n_items).take(codes)
        eligibility = Eligibility(data.users, candidates, exclude, "user")
        eligibility.check_users(data.items, ids)
        is_excluded = excludes_seen(exclude_seen, self._excludes_seen)
        eligible = eligibility.of_users(ids, seen if is_excluded else None)
        top = top_of_tiles(self._user_tiles(codes), data.n_users, min(n, data.n_users), eligible, self._runner())
        top = top._replace(scores=self._to_reported(top.scores))
        return with_ids(ids, top, data.users, columns=("item_id", "user_id"))

    def _user_tiles(self, item_codes: CodeArray) -> Iterator[tuple[int, int, FloatArray]]:
        """Yield the scores of items for ranges of the training users: start, stop, (n_items, stop − start) float32."""
        n_users = self.interactions_.n_users
        with self._progress(n_users, "users") as bar:
            for start, stop in ranges(n_users, self._dense_block_size()):
                scores = self._score_items(self._user_profiles(np.arange(start, stop, dtype=np.int32)), item_codes)
                bar.update(stop - start)
                yield start, stop, np.ascontiguousarray(scores.T)
