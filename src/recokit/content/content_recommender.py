"""ContentRecommender: items as vectors of several columns of a catalogue, such as titles, brands, prices and images."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from recokit._typing import CodeArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Term
from recokit.base._parameters import NON_NEGATIVE, OPTIONAL_POSITIVE, RANDOM_STATE, one_of
from recokit.content._base import ContentModel
from recokit.content._block import Block
from recokit.content._dislikes import merged_dislikes, remaining_dislikes, with_dislikes
from recokit.content._example import example_titles
from recokit.content._fitted_block import FittedBlock
from recokit.content._learning import learned_weights
from recokit.content._profiles import Profiles
from recokit.content.text import Text
from recokit.data.attributes import Attribute, Instance
from recokit.data.interactions import Interactions

__all__ = ["ContentRecommender"]


class ContentRecommender(ContentModel):
    r"""Recommend items similar to the items that a user liked, by several columns of a catalogue.

    Each block turns one column into unit vectors: `Text` (words or an encoder), `Category` (brands, category paths),
    `Number` (prices) and `Embedding` (images, sounds). Let :math:`c_b(i, j)` be the cosine of two items by block b, 0
    if one of them has no value, and :math:`w_b` the weights of the blocks, scaled to the sum 1. The similarity is

    .. math:: c(i, j) = \frac{\sum_b w_b \, c_b(i, j)}{\sqrt{W_i W_j}}, \qquad
       W_i = \sum_{b \text{ that } i \text{ has}} w_b

    Without missing values it is the weighted sum of the cosines. A missing value never matches. Its weight goes to the
    other blocks of the item, in proportion, so that an item without a price is compared by its title as if there were
    no prices. :math:`c(i, j)` is itself a cosine, of the joined vectors :math:`\sqrt{w_b / W_i}\, x_{bi}`.

    The profile of a user has one vector for each block: the weighted sum of the vectors of their items (Rocchio),
    scaled to norm 1. It is compared with an item as another item would be. Weights and scores are those of
    `TfidfRecommender`: strengths and the cosine for implicit feedback; deviations from the user's mean, which are
    negative for items that the user disliked, and a predicted rating for explicit feedback. For implicit feedback,
    `fit` takes dislikes such as returns, which get negative weights too. With ``half_life``, the weights decay with the
    age of the interaction.

    An item without a common word, label or price level, and without an embedding, is never recommended.

    Parameters
    ----------
    blocks : sequence of blocks, optional
        ``[Text("title")]`` by default. The parameters of a block are parameters of the model under the name of the
        block: ``model.set_params(price__weight=0.5)``.
    weights : {"given", "learn"}
        "given": the ``weight`` of each block. "learn": weights that rank held-out interactions of the training data
        above random items; see Notes. Blocks with the weight 0 are ignored.
    half_life : float, optional
        Age at which an interaction counts half, in days for datetime64 timestamps, otherwise in the unit of the
        timestamps. The age is counted from the latest interaction of the data. Histories passed to `recommend_for` do
        not decay.
    dislike_weight : float
        Weight of a disliked item, relative to the mean weight of the items of its user, with a minus sign; for
        ``dislikes`` of `fit`.
    index : {"exact", "approximate"}
        How `similar_items` finds items by embeddings. "exact" compares all items. "approximate" compares candidates:
        the nearest by an index of the library usearch (extra ``recokit[ann]``), and those with the best words and
        labels. Cosines are exact, but some similar items may be missed. With more than one thread the candidates may
        differ between runs. Lists for users are always exact.
    random_state : int, Generator or None
        Draws the held-out and the random items; only for ``weights="learn"``.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None. Results do not depend on it.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    blocks_ : list of FittedBlock
        Vectors of all items, in order of item code, with the labels of their features.
    block_weights_ : dict of str to float
        Weight of each block, scaled to the sum 1.
    dislikes_ : Interactions or None
        Items that users disliked.

    See Also
    --------
    recokit.TfidfRecommender : Recommend items with texts similar to the texts of the items that a user liked.
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.
    recokit.search.ItemSearch :
        Search a catalogue by text: BM25F over its fields, corrected spelling, clicks, popularity and taste.

    Notes
    -----
    ``weights="learn"`` holds out one item of each of up to 2,000 training users: the latest if there are timestamps,
    else a random one among the items that the user liked. The profile is made from the other items. The weights
    minimize the mean cross-entropy of the held-out item among it and 100 random items, with probabilities proportional
    to :math:`\exp \sum_b w_b c_b`, subject to :math:`w_b \ge 0`. The problem is convex, apart from the scales of
    missing values, which are those of the previous of three solutions. A weight of 0 means that a block does not help
    beside the others. Test data are never used.

    References
    ----------
    Rocchio, "Relevance feedback in information retrieval", in Salton (ed.), The SMART Retrieval System, 1971.

    Lops, de Gemmis & Semeraro, "Content-based recommender systems: state of the art and trends", Recommender Systems
    Handbook, 2011.

    Examples
    --------
    >>> from recokit.content import Category, ContentRecommender, Number, Text
    >>> catalogue = {
    ...     "item_id": [1, 2, 3, 4],
    ...     "title": ["Green Tea", "Green Tea Tin", "Black Tea", "Teapot"],
    ...     "brand": ["Ming", "Ming", "Ming", None],
    ...     "price": [8.0, 9.5, 20.0, 21.0],
    ... }
    >>> blocks = [Text("title", weight=2), Category("brand"), Number("price")]
    >>> model = ContentRecommender(blocks).fit(
    ...     [("ann", 1), ("bob", 3)], catalogue=catalogue
    ... )
    >>> model.recommend("ann", n=2)["ann"]
    [(2, 0.827...), (3, 0.424...)]
    >>> print(model.explain("ann", 2))
    2 scores 0.827 for ann because of its brand “Ming” (+0.25), its price ≈ 9.5 (+0.2...
    >>> model.get_params()["title__weight"]
    2
    >>> model.partial_fit([("ann", 3)]).interactions_.n_interactions
    3
    """

    dislikes_: Interactions | None

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "blocks": [list, tuple, None],
        "weights": one_of("given", "learn"),
        "half_life": OPTIONAL_POSITIVE,
        "dislike_weight": NON_NEGATIVE,
        "index": one_of("exact", "approximate"),
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        blocks: Sequence[Block] | None = None,
        *,
        weights: Literal["given", "learn"] = "given",
        half_life: float | None = None,
        dislike_weight: float = 0.5,
        index: Literal["exact", "approximate"] = "exact",
        random_state: Any = 0,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.blocks = blocks
        self.weights = weights
        self.half_life = half_life
        self.dislike_weight = dislike_weight
        self.index = index
        self.random_state = random_state
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    # ------------------------------------------------------------------ parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with those of the blocks as ``block__parameter`` if ``deep`` is set."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep:
            for block in self._named_blocks():
                params[block._label] = block
                params |= {f"{block._label}__{name}": value for name, value in block.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the model, replace blocks by name, and set parameters of blocks (``block__parameter``)."""
        if "blocks" in params:
            self.blocks = params.pop("blocks")
        blocks = self._named_blocks()
        replaced = {block._label: params.pop(block._label) for block in blocks if block._label in params}
        if replaced:
            self.blocks = [replaced.get(block._label, block) for block in blocks]
        super().set_params(**params)
        return self

    def _named_blocks(self) -> list[Block]:
        """Return the blocks; none if ``blocks`` is no sequence of blocks, which `fit` refuses."""
        given = self.blocks if isinstance(self.blocks, list | tuple) else ()
        return [block for block in given if isinstance(block, Block)]

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"weights": ["given", "learn"]}

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.blocks is None:
            return
        if not self.blocks:
            raise ValueError("blocks is empty: expected at least one block, such as Text('title')")
        for block in self.blocks:
            if not isinstance(block, Block):
                raise ValueError(
                    f"blocks: expected Text, Category, Number or Embedding, got {block!r}; for a column of texts, give "
                    "Text('title')"
                )
            block._validate_params()
        names = [block._label for block in self.blocks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"blocks: two blocks have the name {name!r}; give one of them another name=")
            if name in super().get_params(deep=False) or "__" in name:
                raise ValueError(
                    f"blocks: the name {name!r} is a parameter of the model, or has a double underscore; give the "
                    "block another name="
                )
        if not any(block.weight > 0 for block in self.blocks):
            raise ValueError(f"blocks: the weights of all blocks are zero: {', '.join(names)}; raise at least one")

    # ------------------------------------------------------------------ fitting

    def fit(  # type: ignore[override]
        self, X: Any, y: Any = None, *, catalogue: Any = None, item: str = "item_id", dislikes: Any = None
    ) -> Self:
        """Fit the model to interactions and a catalogue.

        Parameters
        ----------
        X : Interactions, scipy sparse matrix, or (user, item) pairs
            As in `Recommender.fit`.
        y : (n_pairs,) array-like, optional
            Ratings or strengths of the pairs.
        catalogue : pandas, Polars or PyArrow frame, mapping of columns, or mapping of item ids to texts
            One row for each item. Items that occur only in the catalogue can be recommended. It may be left out if
            all blocks are embeddings that hold their vectors.
        item : str
            Name of the catalogue column with the item ids.
        dislikes : (user, item) pairs or Interactions, optional
            Items that count against similar items, such as returns or hidden items; for implicit feedback only. They
            are not excluded from lists, unless they are in ``X``.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The catalogue is empty, lacks a column, lists an item twice, has a value that cannot be used, has none of
            the items of the interactions, or has no terms; an encoder fails; dislikes are given for ratings; or as in
            `Recommender.fit`.
        ImportError
            The tokenizer or the approximate index is not installed.

        Warns
        -----
        UserWarning
            Items are not in the catalogue or have no values there: they stay in the model without a vector. Numbers
            have no logarithm. Users or items of dislikes are not in the data.
        """
        return Recommender.fit(self, X, y, catalogue=catalogue, item=item, dislikes=dislikes)

    def partial_fit(  # type: ignore[override]
        self, X: Any = None, y: Any = None, *, catalogue: Any = None, item: str = "item_id", dislikes: Any = None
    ) -> Self:
        """Update the model with further interactions, items or dislikes; equal to `fit` on all data.

        Parameters
        ----------
        X, y
            As in `Recommender.partial_fit`; None if there are no further interactions.
        catalogue : as in `fit`, optional
            New items, and known items with new values. A missing value leaves the known value unchanged.
        item : str
            Name of the catalogue column with the item ids.
        dislikes : as in `fit`, optional
            Further dislikes.

        Returns
        -------
        self

        Raises
        ------
        DataError
            As in `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y, catalogue=catalogue, item=item, dislikes=dislikes)
        side = {"catalogue": catalogue, "item": item, "dislikes": dislikes, "update": True}
        return Recommender.partial_fit(self, X, y, **side)

    def _prepare(self, interactions: Interactions, *, dislikes: Any = None, **side: Any) -> Interactions:
        interactions = super()._prepare(interactions, **side)
        known = self.dislikes_ if side.get("update") else None
        self.dislikes_ = merged_dislikes(known, dislikes, interactions)
        return interactions

    def _described(self) -> dict[str, Attribute]:
        sizes = ("n_users", "n_users"), ("n_items", "n_items")
        return super()._described() | {"dislikes_": Instance(Interactions, sizes, or_none=True)}

    def _forget(self, remaining: Interactions, previous: Interactions) -> None:
        self.dislikes_ = remaining_dislikes(self.dislikes_, remaining)
        super()._forget(remaining, previous)

    def _refit(self, remaining: Interactions) -> None:
        self.dislikes_ = remaining_dislikes(self.dislikes_, remaining)
        super()._refit(remaining)

    def _user_profiles(self, user_codes: CodeArray) -> Profiles:
        profiles = super()._user_profiles(user_codes)
        if self.dislikes_ is None:
            return profiles
        disliked = self.dislikes_.rows.take(user_codes)
        return profiles._replace(items=with_dislikes(profiles.items, disliked, self.dislike_weight))

    # ------------------------------------------------------------------ hooks

    def _blocks_to_fit(self) -> Sequence[Block]:
        return self.blocks or [Text("title")]

    def _fitted_weights(self, blocks: list[FittedBlock], interactions: Interactions) -> FloatArray:
        given = super()._fitted_weights(blocks, interactions)
        if self.weights == "given":
            return given
        return learned_weights(blocks, given, interactions, self._user_profiles, self.random_state)

    def _learns_weights(self) -> bool:
        return self.weights == "learn"

    def _term(self, block: FittedBlock, label: str, part: float) -> Term:
        if block.kind == "number":
            return Term("attribute", f"{block.name} ≈ {label}", part)
        return Term("attribute", f"{block.name} “{label}”" if label else block.name, part)

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        return {"catalogue": example_titles(interactions)}
