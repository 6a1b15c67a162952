"""TfidfRecommender: items as TF-IDF vectors, users as weighted sums of the vectors of their items."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy import sparse

from recokit._typing import AnyArray, FeedbackOption, FloatArray
from recokit.base import Recommender, Term
from recokit.base._parameters import BOOLEAN, OPTIONAL_COUNT, one_of, share_or_count
from recokit.content._base import ContentModel
from recokit.content._block import Block
from recokit.content._example import example_titles
from recokit.content._fitted_block import FittedBlock
from recokit.content.text import Text
from recokit.data.interactions import Interactions

__all__ = ["TfidfRecommender"]


class TfidfRecommender(ContentModel):
    r"""Recommend items with texts similar to the texts of the items that a user liked.

    Each item is a unit vector :math:`x_i` of TF-IDF weights of the terms of its text, as in scikit-learn's
    ``TfidfVectorizer``. Texts may mix scripts, see `analyze`. The profile of a user is the weighted sum of the vectors
    of their items (Rocchio). It is compared with an item by the cosine:

    .. math:: p_u = \sum_i w_{ui} x_i, \qquad c_{ui} = \frac{p_u \cdot x_i}{|p_u|}

    *Implicit feedback*: the weights are the strengths, and the score is the cosine, from 0 to 1.

    *Explicit feedback*: the weights are the deviations :math:`r_{ui} - m_u` from the user's mean. The mean is damped so
    that a single rating deviates too: :math:`m_u = (\sum_i r_{ui} + 5 \mu) / (n_u + 5)`, with the overall mean μ. If
    all ratings of a user equal :math:`m_u`, all weights are 1. The score is a predicted rating. It maps cosines from 0
    to 1 to the scale above the user's mean, and cosines from −1 to 0 to the scale below it:

    .. math:: \hat r_{ui} = m_u + c_{ui} \cdot
       \begin{cases} r_{max} - m_u & c_{ui} > 0 \\ m_u - r_{min} & \text{otherwise} \end{cases}

    Predictions stay within the scale and rank the items of a user as the cosine does. If all ratings in the data are
    equal, every prediction is that rating.

    An item that shares no term with any item of the user is never recommended; `predict` returns 0 for it (implicit
    feedback) or :math:`m_u` (explicit feedback). The same holds for all items if the profile vanishes, as for two
    ratings that cancel out. Items without interactions are recommended like others if the catalogue has their texts.

    Parameters
    ----------
    text : str
        Name of the catalogue column with the texts.
    tokenizer : None, "jieba" or callable
        None: words, and bigrams of Chinese, Japanese and Korean characters. ``"jieba"``: dictionary words of Chinese,
        which needs the extra ``recokit[zh]``. A function from a text to its terms replaces the whole analysis; a model
        with a function cannot be saved.
    min_df : int or float
        Ignore terms that occur in fewer texts than this number, or than this share of the texts.
    max_features : int, optional
        Keep only this number of terms, the most frequent.
    sublinear_tf : bool
        Count a term that occurs f times in a text 1 + ln f times instead of f times.
    feedback : {"auto", "explicit", "implicit"}
        Kind of feedback; "auto" infers it from the data.
    n_threads : int, optional
        Number of threads; Numba's default if None.
    verbose : bool
        Show a progress bar.

    Attributes
    ----------
    item_texts_ : (n_items,) array of str
        Text of each item, in order of item code; empty if it is missing.
    feature_names_ : (n_terms,) array of str
        The vocabulary, sorted.
    idf_ : (n_terms,) float64 array
        Inverse document frequency of each term.
    item_vectors_ : csr_array of shape (n_items, n_terms), float32
        Unit vectors of the items; empty rows for texts without terms.
    term_items_ : csr_array of shape (n_terms, n_items), float32
        Transpose of ``item_vectors_``.

    See Also
    --------
    ContentRecommender : Several columns of the catalogue, such as titles, brands, prices and images.

    References
    ----------
    Salton & Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing & Management 24,
    1988.

    Rocchio, "Relevance feedback in information retrieval", in Salton (ed.), The SMART Retrieval System, 1971.

    Lops, de Gemmis & Semeraro, "Content-based recommender systems: state of the art and trends", Recommender Systems
    Handbook, 2011.

    Examples
    --------
    >>> from recokit.content import TfidfRecommender
    >>> titles = {1: "龙井绿茶 Green Tea", 2: "碧螺春绿茶", 3: "Black Tea 500g", 4: "手机壳 Phone Case"}
    >>> model = TfidfRecommender().fit([("ann", 1), ("bob", 4)], catalogue=titles)
    >>> model.recommend("ann")["ann"]
    [(3, 0.186...), (2, 0.158...)]
    >>> print(model.explain("ann", 2))
    2 scores 0.159 for ann because of the word “绿茶” (+0.159).
    >>> model.similar_items([3])[3]
    [(1, 0.186...)]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "text": [str],
        "tokenizer": [*one_of("jieba", None), callable],
        "min_df": share_or_count(),
        "max_features": OPTIONAL_COUNT,
        "sublinear_tf": BOOLEAN,
    }

    def __init__(
        self,
        *,
        text: str = "title",
        tokenizer: Literal["jieba"] | Callable[[str], list[str]] | None = None,
        min_df: int | float = 1,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.text = text
        self.tokenizer = tokenizer
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"min_df": [1, 2, 5], "max_features": [None, 1000, 5000], "sublinear_tf": [True, False]}

    def _blocks_to_fit(self) -> Sequence[Block]:
        block = Text(
            self.text,
            tokenizer=self.tokenizer,
            min_df=self.min_df,
            max_features=self.max_features,
            sublinear_tf=self.sublinear_tf,
        )
        return [block]

    def _term(self, block: FittedBlock, label: str, part: float) -> Term:
        return Term("word", label, part)

    @classmethod
    def _example_side(cls, interactions: Interactions) -> dict[str, Any]:
        return {"catalogue": example_titles(interactions)}

    @classmethod
    def _from_state(cls, state: dict[str, Any]) -> Self:
        """Read a state; version 0.1.0 stored the attributes of the block as attributes of the model."""
        learned = state["learned"]
        if "item_vectors_" in learned:
            learned.pop("term_items_", None)
            block = {
                "name": state["params"]["text"],
                "kind": "text",
                "column": learned.pop("item_texts_"),
                "matrix": learned.pop("item_vectors_"),
                "labels": learned.pop("feature_names_"),
                "idf": learned.pop("idf_"),
                "sources": np.empty((0, 0), dtype=np.float32),
            }
            learned |= {"blocks_": [FittedBlock._from_state(block)], "block_weights_": {block["name"]: 1.0}}
        return super()._from_state(state)

    @property
    def item_texts_(self) -> AnyArray:
        """Text of each item, in order of item code; empty if it is missing."""
        return self.blocks_[0].column

    @property
    def feature_names_(self) -> AnyArray:
        """The vocabulary, sorted."""
        return self.blocks_[0].labels

    @property
    def idf_(self) -> FloatArray:
        """Inverse document frequency of each term."""
        return self.blocks_[0].idf

    @property
    def item_vectors_(self) -> sparse.csr_array:
        """Unit vectors of the items; empty rows for texts without terms."""
        return self.blocks_[0].vectors.matrix

    @property
    def term_items_(self) -> sparse.csr_array:
        """Transpose of ``item_vectors_``."""
        return sparse.csr_array(self.item_vectors_.T)
