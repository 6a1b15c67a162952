"""Text: the block of a column of texts, as weighted words or as vectors of an encoder."""

import os
import re
from typing import Any, ClassVar, Literal

import numpy as np

from recokit._typing import AnyArray, BoolArray, FloatArray
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import BOOLEAN, COUNT, OPTIONAL_COUNT, one_of, share_or_count
from recokit.content._block import Block, Progress, plan_sparse_vectors
from recokit.content._dense_vectors import unit_vectors
from recokit.content._encoding import Encoder, VectorCache, encode
from recokit.content._fitted_block import FittedBlock
from recokit.content._sparse_vectors import SparseVectors
from recokit.content._vectors import term_vectors
from recokit.content.analyzer import Stemming, Tokenizer, make_analyzer
from recokit.content.stop_words import StopWords
from recokit.data._frames import is_missing
from recokit.exceptions import DataError, first_few

__all__ = ["Text"]

_STRINGS = np.dtypes.StringDType()
_SURROGATES = re.compile("[\ud800-\udfff]")


_N_SAMPLED = 200  # texts whose words are counted for an estimate of memory
_USUAL_LENGTH = 768  # of the vectors of text encoders


class Text(Block):
    r"""Texts such as titles and descriptions: weighted words, or vectors of an encoder.

    *Words*: each text is a vector of the weights of its terms, scaled to norm 1. With ``weighting="tfidf"``, a term
    that occurs f times in a text, and in d of n texts, has the weight

    .. math:: (1 + \ln f) \left(\ln \frac{1 + n}{1 + d} + 1\right)

    With ``weighting="bm25"``, the first factor is :math:`f (k + 1) / (f + k (1 - b + b\, l / \bar l))` with k = 1.2,
    b = 0.75, the number l of terms of the text and its mean :math:`\bar l` over the texts that are not empty.

    *Encoder*: any function from a list of texts to vectors, such as ``SentenceTransformer(…).encode``,
    ``StaticModel.from_pretrained(…).encode`` of model2vec, or a call to a service. Only distinct texts are encoded, in
    batches. Vectors are cached by the content of the text, so that further fits encode only new texts.

    An empty or missing text has no vector: it matches no other text.

    Parameters
    ----------
    column : str
        Name of the catalogue column.
    tokenizer : None, "jieba" or callable
        As in `make_analyzer`, like the next two parameters; all three are ignored if there is an encoder. A model with
        a function cannot be saved.
    stop_words : {"english", "chinese", "auto"}, collection of str or None
        Terms to ignore.
    stemming : {"english"} or None
        "english" removes plural endings of English words.
    weighting : {"tfidf", "bm25"}
        Weights of terms.
    min_df : int or float
        Ignore terms that occur in fewer texts than this number, or than this share of the texts.
    max_features : int, optional
        Keep only this number of terms, the most frequent.
    sublinear_tf : bool
        Count a term that occurs f times 1 + ln f times instead of f times; only for ``weighting="tfidf"``.
    encoder : callable or "saved", optional
        Function from a list of n texts to an (n, d) array of finite numbers. ``"saved"`` uses only the vectors of the
        fitted model, so that a model with an encoder can be saved; see Notes.
    center : bool
        Subtract the mean of all vectors from the vectors of the encoder, which makes their cosines differ more.
    batch_size : int
        Number of texts passed to the encoder at a time.
    cache : bool or path-like
        True keeps the vectors in memory as long as the encoder exists; a folder also keeps them on disk. A folder
        belongs to one encoder: nothing in it says which encoder made the vectors. False encodes all texts at each fit.
    weight : float
        Weight of the block.
    name : str, optional
        Name of the block; by default that of the column.

    Notes
    -----
    A function cannot be saved. The vectors of a fitted model are: ``model.set_params(title__encoder="saved")`` lets the
    model of a block named title be saved. The loaded model recommends as before, and `partial_fit` takes interactions
    and known texts. To add new texts, set the encoder again; it then encodes all texts that are not in its cache.

    References
    ----------
    Salton & Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing & Management 24,
    1988.

    Robertson & Zaragoza, "The probabilistic relevance framework: BM25 and beyond", Foundations and Trends in
    Information Retrieval 3(4), 2009.

    Examples
    --------
    >>> from recokit.content import Text
    >>> Text("title", weight=2.0)
    Text(column='title', weight=2.0)
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Block._parameter_constraints,
        "column": [str],
        "tokenizer": [*one_of("jieba", None), callable],
        "stop_words": [*one_of("english", "chinese", "auto", None), list, tuple, set, frozenset],
        "stemming": one_of("english", None),
        "weighting": one_of("tfidf", "bm25"),
        "min_df": share_or_count(),
        "max_features": OPTIONAL_COUNT,
        "sublinear_tf": BOOLEAN,
        "encoder": [*one_of("saved", None), callable],
        "center": BOOLEAN,
        "batch_size": COUNT,
        "cache": [*BOOLEAN, str, os.PathLike],
    }

    def __init__(
        self,
        column: str,
        *,
        tokenizer: Tokenizer = None,
        stop_words: StopWords = None,
        stemming: Stemming = None,
        weighting: Literal["tfidf", "bm25"] = "tfidf",
        min_df: int | float = 1,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        encoder: Encoder | Literal["saved"] | None = None,
        center: bool = False,
        batch_size: int = 256,
        cache: bool | str | os.PathLike[str] = True,
        weight: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.column = column
        self.tokenizer = tokenizer
        self.stop_words = stop_words
        self.stemming = stemming
        self.weighting = weighting
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.encoder = encoder
        self.center = center
        self.batch_size = batch_size
        self.cache = cache
        self.weight = weight
        self.name = name

    def _read(self, values: Any) -> AnyArray:
        texts = list(values[:])
        wrong = [value for value in texts if not isinstance(value, str) and not is_missing(value)]
        if wrong:
            raise DataError(
                f"catalogue, {self.column}: {len(wrong)} value(s) are not text: {first_few(wrong)}; convert them to "
                "strings"
            )
        texts = [text if isinstance(text, str) else "" for text in texts]
        try:
            return np.array(texts, dtype=_STRINGS)
        except UnicodeEncodeError:  # half a surrogate pair, such as of an emoji that was cut
            return np.array([_SURROGATES.sub("\ufffd", text) for text in texts], dtype=_STRINGS)

    def _is_missing(self, column: AnyArray) -> BoolArray:
        missing: BoolArray = column == ""
        return missing

    def _blank(self, n_rows: int, like: AnyArray) -> AnyArray:
        return np.full(n_rows, "", dtype=_STRINGS)

    def _plan_memory(self, plan: MemoryPlan, column: AnyArray) -> None:
        if self.encoder is not None:  # the length of the vectors is known when the encoder has run
            plan.work("vectors in float64", 12.0 * _USUAL_LENGTH * len(column))
            plan.keep("vectors", 8.0 * _USUAL_LENGTH * len(column))
            return
        analyzer = make_analyzer(self.tokenizer, stop_words=self.stop_words, stemming=self.stemming)
        sample = column[np.linspace(0, len(column) - 1, min(_N_SAMPLED, len(column))).astype(np.int64)].tolist()
        plan.work("texts", (60.0 + float(np.mean([len(text) for text in sample]))) * len(column))
        plan_sparse_vectors(plan, len(column), float(np.mean([len(set(analyzer(text))) for text in sample])))

    def _fit(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        if self.encoder is not None:
            return self._encoded(column, previous, progress)
        analyzer = make_analyzer(self.tokenizer, stop_words=self.stop_words, stemming=self.stemming)
        with progress(len(column), "texts") as bar:

            def analyze(text: str) -> list[str]:
                bar.update(1)
                return analyzer(text)

            vectors, terms, idf = term_vectors(
                column.tolist(),
                analyze,
                weighting=self.weighting,
                min_df=self.min_df,
                max_features=self.max_features,
                sublinear_tf=self.sublinear_tf,
            )
        return FittedBlock(self._label, "text", column, SparseVectors(vectors), terms.astype(_STRINGS), idf)

    def _encoded(self, column: AnyArray, previous: FittedBlock | None, progress: Progress) -> FittedBlock:
        """Return the block with vectors of the encoder."""
        found = np.flatnonzero(~self._is_missing(column))
        texts = column[found].tolist()
        if not texts:
            raise DataError(f"{self._label}: all {len(column)} texts are missing or empty; there is nothing to encode")
        if callable(self.encoder):
            with progress(len(texts), "texts") as bar:
                cache = VectorCache.of(self.encoder, self.cache)
                options = {"batch_size": self.batch_size, "cache": cache, "bar": bar}
                given = unit_vectors(encode(texts, self.encoder, self._label, **options))
        else:
            given = self._saved_vectors(texts, previous)
        sources = np.zeros((len(column), given.shape[1]), dtype=np.float32)
        sources[found] = given
        return FittedBlock.from_units(self._label, "text", column, sources, center=self.center)

    def _saved_vectors(self, texts: list[str], previous: FittedBlock | None) -> FloatArray:
        """Return the vectors that these texts have in the fitted model."""
        known = {}
        if previous is not None and len(previous.sources):
            known = dict(zip(previous.column.tolist(), previous.sources, strict=True))
        unknown = [text for text in texts if text not in known]
        if unknown:
            raise DataError(
                f"{self._label}: encoder='saved' has only the vectors of the fitted model, which lacks {len(unknown)} "
                f"of the texts: {first_few(unknown)}; set the encoder with "
                f"model.set_params({self._label}__encoder=function)"
            )
        return np.stack([known[text] for text in texts])

    def _to_state(self) -> dict[str, Any]:
        if callable(self.encoder):
            raise TypeError(
                f"{self._label}: the encoder is a function and cannot be saved: {self.encoder!r}; the vectors can: "
                f"call model.set_params({self._label}__encoder='saved') before saving"
            )
        state = super()._to_state()
        if isinstance(self.stop_words, set | frozenset):
            state["stop_words"] = sorted(self.stop_words)  # files hold lists, not sets
        return state
