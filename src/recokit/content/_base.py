"""ContentModel: the common part of content-based recommenders."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import Recommender, Term, Top
from recokit.base._memory import MemoryPlan
from recokit.content._block import Block
from recokit.content._catalogue import Catalogue, read_catalogue
from recokit.content._fitted_block import FittedBlock
from recokit.content._mixture import Mixture
from recokit.content._profiles import Profiles, profiles_from_ratings, profiles_from_strengths
from recokit.content._similar_items import SimilarItems
from recokit.data._weights import decays
from recokit.data.attributes import Attribute, Each, Instance, Named, Number
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows, read_only
from recokit.exceptions import DataError, first_few

__all__ = ["ContentModel"]


class ContentModel(Recommender):
    """Base class of content-based recommenders: items as unit vectors of blocks, users as weighted sums of their items.

    A subclass names its blocks, and may choose their weights and the age at which interactions lose half their weight.
    """

    half_life: float | None = None
    index: str = "exact"

    blocks_: list[FittedBlock]
    block_weights_: dict[str, float]

    # ------------------------------------------------------------------ hooks of subclasses

    def _blocks_to_fit(self) -> Sequence[Block]:
        """Return the blocks, with the parameters of the model."""
        raise NotImplementedError

    def _fitted_weights(self, blocks: list[FittedBlock], interactions: Interactions) -> FloatArray:
        """Return the weights of the blocks, which need not sum to 1: (n_blocks,) float64."""
        return np.array([block.weight for block in self._blocks_to_fit()], dtype=np.float64)

    def _learns_weights(self) -> bool:
        """Return whether the weights of the blocks depend on the interactions."""
        return False

    def _term(self, block: FittedBlock, label: str, part: float) -> Term:
        """Return the term of a label of a block in an explanation."""
        raise NotImplementedError

    # ------------------------------------------------------------------ fitting

    def fit(  # type: ignore[override]
        self, X: Any, y: Any = None, *, catalogue: Any = None, item: str = "item_id"
    ) -> Self:
        """Fit the model to interactions and a catalogue.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs.
        catalogue : pandas, Polars or PyArrow frame, mapping of columns, or mapping of item ids to texts
            One row for each item. Items that occur only in the catalogue can be recommended.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The catalogue is empty, lacks a column, lists an item twice, has a value that cannot be used, has none of
            the items of the interactions, or has no terms; or as in `Recommender.fit`.
        ImportError
            The tokenizer is not installed.

        Warns
        -----
        UserWarning
            Items are not in the catalogue or have no values there. They stay in the model without a vector.
        """
        return super().fit(X, y, catalogue=catalogue, item=item)

    def partial_fit(  # type: ignore[override]
        self, X: Any = None, y: Any = None, *, catalogue: Any = None, item: str = "item_id"
    ) -> Self:
        """Update the model with further interactions, further items, or both; equal to `fit` on all data.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if only the catalogue is new.
        catalogue : as in `fit`, optional
            New items, and known items with new values. A missing value leaves the known value unchanged.
        item : str
            Name of the catalogue column with the item ids.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y, catalogue=catalogue, item=item)
        return super().partial_fit(X, y, catalogue=catalogue, item=item, update=True)

    def _prepare(  # type: ignore[override]
        self, interactions: Interactions, *, catalogue: Any = None, item: str = "item_id", update: bool = False
    ) -> Interactions:
        """Read the catalogue, and return the interactions over all items.

        An ``update`` keeps the items and values of the fitted model, unless the catalogue has other values.
        """
        blocks = self._blocks_to_fit()
        known = self._known_catalogue(blocks) if update else None
        if known is None or catalogue is not None:
            given = read_catalogue(catalogue, item, blocks)
            if known is None:
                self._check_overlap(interactions.items, given.items, item)
            known = given if known is None else known.merged(given, blocks)
        items = interactions.items.union(known.items)
        self._catalogue = known.over(items, blocks)
        self._warn_about_missing_values(items, blocks)
        return interactions.reindex(items=items)

    def _known_catalogue(self, blocks: Sequence[Block]) -> Catalogue:
        """Return the catalogue of the fitted model."""
        names, given = [block.name for block in self.blocks_], [block._label for block in blocks]
        if names != given:
            raise DataError(f"partial_fit: the blocks are {given}, but the model is fitted to {names}; call fit")
        return Catalogue(self.interactions_.items, [block.column for block in self.blocks_])

    def _check_overlap(self, items: IdIndex, listed: IdIndex, column: str) -> None:
        if np.all(listed.codes(items) < 0):
            raise DataError(
                "catalogue: it contains none of the items of the interactions; the interactions have ids like "
                f"{first_few(items)}, the catalogue ({column!r}) has ids like {first_few(listed)}; use the same ids"
            )

    def _warn_about_missing_values(self, items: IdIndex, blocks: Sequence[Block]) -> None:
        columns = self._catalogue.columns
        missing = [block._is_missing(column) for block, column in zip(blocks, columns, strict=True)]
        without = np.flatnonzero(np.all(missing, axis=0))
        if len(without):
            names = " or ".join(repr(block._label) for block in blocks)
            warnings.warn(
                f"{len(without)} of {len(items)} items are not in the catalogue or have no {names} there; "
                f"they cannot be compared: {first_few(items.take(without))}",
                stacklevel=levels_inside(),
            )

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "blocks_": Each(Instance(FittedBlock, (("n_items", "n_items"),))),
            "block_weights_": Named(Number(at_least=0)),
        }

    def _side_items(self) -> BoolArray | None:
        """Return the mask of the items with a value in any block."""
        blocks = self._blocks_to_fit()
        found = [~block._is_missing(fitted.column) for block, fitted in zip(blocks, self.blocks_, strict=True)]
        mask: BoolArray = np.any(found, axis=0)
        return mask

    def _take_items(self, item_codes: CodeArray) -> None:
        items = self.interactions_.items.select(item_codes)
        self._catalogue = Catalogue(items, [block.column[item_codes] for block in self.blocks_])

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        if self._learns_weights() or "_catalogue" in vars(self):  # weights of words depend on the number of items
            self._fit(remaining)
        else:
            self._set_decays(remaining)

    def _plan_reading(self, plan: MemoryPlan, given: Any) -> None:
        if isinstance(given, Interactions) and given.item_codes is self.interactions_.item_codes:  # of the same items
            return
        n = float(self.interactions_.n_interactions)
        plan.work("order of the interactions", 44.0 * n)
        plan.keep("interactions over all items", (8.0 + 8.0 * (self.interactions_.timestamps is not None)) * n)

    def _plan_memory(self, plan: MemoryPlan) -> None:
        columns = self._catalogue.columns if "_catalogue" in vars(self) else [block.column for block in self.blocks_]
        for block, column in zip(self._blocks_to_fit(), columns, strict=True):
            block._plan_memory(plan, column)
        if self.half_life is not None:
            plan.work("ages of interactions", 16.0 * self.interactions_.n_interactions)
            plan.keep("decays of interactions", 4.0 * self.interactions_.n_interactions)

    def _fit(self, interactions: Interactions) -> None:
        previous = {block.name: block for block in vars(self).get("blocks_", [])}
        known: Catalogue | None = self.__dict__.pop("_catalogue", None)
        columns = [block.column for block in self.blocks_] if known is None else known.columns
        blocks = [
            block._fit(column, previous.get(block._label), self._progress)
            for block, column in zip(self._blocks_to_fit(), columns, strict=True)
        ]
        self._set_decays(interactions)
        weights = self._fitted_weights(blocks, interactions)
        shares = weights / weights.sum()
        self.blocks_ = blocks
        self.block_weights_ = {block.name: float(share) for block, share in zip(blocks, shares, strict=True)}
        self._set_mixture()

    def _restore(self) -> None:
        self._set_decays(self.interactions_)
        shares = np.array([self.block_weights_[block.name] for block in self.blocks_], dtype=np.float64)
        if not (len(shares) and np.all(shares >= 0) and np.all(np.isfinite(shares))):
            raise ValueError(f"block_weights_: expected one weight of at least 0 for each block, got {shares}")
        self._set_mixture()

    def _set_mixture(self) -> None:
        """Set the vectors that join those of the blocks, and the index of similar items."""
        shares = np.array([self.block_weights_[block.name] for block in self.blocks_])
        self._mixture = Mixture(self.blocks_, shares)
        approximate, n_threads = self.index == "approximate", self._runner().n_threads
        self._similar = SimilarItems(self._mixture, approximate=approximate, n_threads=n_threads)

    def _set_decays(self, interactions: Interactions) -> None:
        """Set the decay of each interaction; None without a half-life."""
        half_life = self.half_life
        self._decays = None if half_life is None else read_only(decays(interactions, half_life).astype(np.float32))

    # ------------------------------------------------------------------ profiles and scores

    def _profiles(self, histories: Rows) -> Profiles:
        if self._is_explicit():
            return profiles_from_ratings(histories, self._mean, self.rating_range_)
        return profiles_from_strengths(histories)

    def _user_profiles(self, user_codes: CodeArray) -> Profiles:
        return self._decayed(self._profiles(self._training_histories(user_codes)), user_codes)

    def _decayed(self, profiles: Profiles, user_codes: CodeArray) -> Profiles:
        """Return profiles with the weights of old interactions reduced."""
        if self._decays is None:
            return profiles
        factors = self.interactions_.rows.with_values(self._decays).take(user_codes).values
        return profiles._replace(items=profiles.items.with_values(profiles.items.values * factors))

    def _fold_in(self, histories: Rows) -> Profiles:
        return self._profiles(histories)

    def _score_block(self, profiles: Profiles) -> FloatArray:
        return self._mixture.scores(profiles, self._runner())

    def _score_pairs(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of pairs, with the offset of the user for pairs without evidence."""
        scores = np.empty(len(user_codes))
        users, rows = np.unique(user_codes, return_inverse=True)
        for start, stop in self._blocks(len(users)):
            profiles = self._user_profiles(users[start:stop])
            pairs = np.flatnonzero((rows >= start) & (rows < stop))
            profile_rows = rows[pairs] - start
            found = self._score_block(profiles)[profile_rows, item_codes[pairs]]
            scores[pairs] = np.where(np.isfinite(found), found, profiles.offsets[profile_rows])
        return scores

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        return self._similar.find(item_codes, n, self._runner(), self._dense_block_size())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        items, (offset,), (gain,), (loss,) = self._user_profiles(np.array([user_code]))
        labelled = self._mixture.parts((items.codes, items.values), item_code)
        slope = gain if sum(part for _, _, part in labelled) > 0 else loss
        terms = [Term("user", None, float(offset))]
        return terms + [self._term(block, label, float(slope * part)) for block, label, part in labelled]
