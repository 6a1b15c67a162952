"""PureSVD: truncated singular value decomposition of the interaction matrix."""

from typing import Any, ClassVar, Literal

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from recokit._runtime.blas import single_threaded_blas
from recokit._runtime.inverse import tiles
from recokit._typing import AnyArray, BoolArray, CodeArray, FeedbackOption, FloatArray, IntArray
from recokit.base import Term, Top
from recokit.base._lists import ranges
from recokit.base._memory import MemoryPlan
from recokit.base._parameters import OPTIONAL_COUNT, one_of
from recokit.data._weights import mean_walks
from recokit.data.attributes import Array, Attribute
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.factorization._base import FactorRecommender
from recokit.factorization._factors import Factors
from recokit.factorization._noise import n_above, shuffled, suitable_size
from recokit.factorization._scoring import nearest_by_cosine

__all__ = ["PureSVD"]

_MAX_DENSE = 500  # up to this number of rows or columns, the full decomposition of the Gram matrix is fast and robust
_FIRST_SIZE, _MAX_SIZE = 64, 256  # singular vectors to compute if their number depends on them
_BLOCK_CELLS = 1 << 20  # numbers in float64 that are computed at a time
_EIGEN_COPIES = 5  # the matrix, its eigenvectors, and the workspace of LAPACK's dsyevd
_MIN_SHARE = 1e-6  # of the largest singular value; smaller ones are rounding errors


class PureSVD(FactorRecommender):
    r"""Truncated singular value decomposition of the user × item matrix.

    Histories are projected onto the singular vectors. With the truncated decomposition
    :math:`R \approx U \Sigma Q^\top`, where missing values are 0, the scores of a user with the row r of R are

    .. math:: \hat r = \mu + (r - \mu) Q Q^\top

    μ is 0. With ``centering="mean"`` it holds the item means over the users with interactions, and the centred matrix
    is decomposed without being built. With ratings, the scores rank items but are not predicted ratings, since missing
    ratings count as 0.

    Parameters
    ----------
    n_factors : int, optional
        Maximum number of singular vectors. Vectors beyond the rank of the matrix are 0. If None, it depends on the
        data: dense data have as many as there are singular values above those of the same data with the items of all
        interactions shuffled (parallel analysis), and sparse data up to 256 (see Notes).
    centering : {None, "mean"}
        Value to subtract from each column.
    feedback : {"auto", "explicit", "implicit"}
        Meaning of the values; "auto" takes it from the data.
    n_threads : int, optional
        Number of threads for recommendations; Numba's default if None. The decomposition always uses one, so that its
        bits are reproducible on a machine.
    verbose : bool
        Show progress.

    Attributes
    ----------
    singular_values_ : (n_factors,) float64 array
        Σ, in decreasing order.
    user_factors_ : (n_users, n_factors) float32 array
        :math:`(R - \mu) Q`.
    item_factors_ : (n_items, n_factors) float32 array
        Q. The largest entry of each column in absolute value is positive, which makes the signs unique.
    item_means_ : (n_items,) float32 array
        μ.

    See Also
    --------
    recokit.ImplicitALS : Matrix factorization of implicit feedback by alternating least squares.
    recokit.SGDMatrixFactorization : Rating prediction by matrix factorization with biases.

    Notes
    -----
    With k singular values above those of shuffled data, and w walks user → item → user → item from a user to an item on
    average, the default is :math:`(w k + 25.6) / (w + 0.1)` vectors, about 30 for MovieLens 1M with w = 1,000. If w is
    small, each vector describes few users, and many are needed. The largest singular value of shuffled data reflects
    the popularity of items and the activity of users, so the second one is the bound.

    ``predict`` uses the same scale: it returns μ for an unknown user and for a user without interactions.

    A user without interactions has no list; neither has a user whose interactions are orthogonal to all retained
    vectors. ``recommend_for`` is exact, since scores depend only on the history.

    The singular vectors of equal singular values are not unique. The scores do not depend on the choice, unless the
    last retained singular value equals the first truncated one.

    References
    ----------
    P. Cremonesi, Y. Koren, R. Turrin (2010). Performance of recommender algorithms on top-N recommendation tasks.
    RecSys.

    A. Buja, N. Eyuboglu (1992). Remarks on parallel analysis. Multivariate Behavioral Research 27(4).

    Examples
    --------
    >>> from recokit.factorization import PureSVD
    >>> bought = [
    ...     ("ann", "tea"),
    ...     ("ann", "cup"),
    ...     ("bob", "tea"),
    ...     ("bob", "cup"),
    ...     ("cy", "tea"),
    ...     ("dan", "pot"),
    ... ]
    >>> model = PureSVD(n_factors=2).fit(bought)
    >>> model.singular_values_.round(3).tolist()
    [2.136, 1.0]
    >>> [item for item, _ in model.recommend("cy", n=1)["cy"]]
    ['cup']
    """

    _falls_back_to_biases = False
    _remedies: ClassVar[tuple[str, ...]] = ("n_factors",)
    _memory_remedy: ClassVar[str] = "lower n_factors, use ImplicitALS, or remove rare items and users"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **FactorRecommender._parameter_constraints,
        "n_factors": OPTIONAL_COUNT,
        "centering": one_of("mean", None),
    }

    def __init__(
        self,
        n_factors: int | None = None,
        *,
        centering: Literal["mean"] | None = None,
        feedback: FeedbackOption = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.centering = centering
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    @classmethod
    def _search_space(cls, feedback: str) -> dict[str, list[Any]]:
        return {"n_factors": [5, 10, 20, 30, 50, 80, 120], "centering": [None, "mean"]}

    def _fit(self, interactions: Interactions) -> None:
        # Users and items without interactions would change the means and the rounding.
        n_items = interactions.n_items
        used = np.bincount(interactions.item_codes, minlength=n_items) > 0
        matrix = sparse.csr_array(interactions.matrix, dtype=np.float64)[interactions.rows.lengths > 0][:, used]
        means = np.zeros(matrix.shape[1])
        if self.centering == "mean":
            means = np.asarray(matrix.sum(axis=0)).ravel() / max(matrix.shape[0], 1)
        with single_threaded_blas():
            values, vectors = self._largest(matrix, means, mean_walks(interactions))
            vectors *= np.where(np.take_along_axis(vectors, _largest_rows(vectors), axis=0) < 0, -1.0, 1.0)
        n_factors = len(values) or 1 if self.n_factors is None else self.n_factors
        self.singular_values_, self.item_means_ = np.zeros(n_factors), np.zeros(n_items, dtype=np.float32)
        self.item_factors_ = np.zeros((n_items, n_factors), dtype=np.float32)
        self.singular_values_[: len(values)], self.item_means_[used] = values, means
        self.item_factors_[used, : len(values)] = vectors
        self._restore()
        self.user_factors_ = np.empty((interactions.n_users, n_factors), dtype=np.float32)
        # In blocks, since the product of all rows in float64 would take twice the memory of the factors.
        for start, stop in ranges(interactions.n_users, max(1, _BLOCK_CELLS // n_factors)):
            block = interactions.rows.take(np.arange(start, stop))
            self.user_factors_[start:stop] = self._fold_in(block).vectors

    def _plan_memory(self, plan: MemoryPlan) -> None:
        data = self.interactions_
        n, n_items, n_factors = data.n_interactions, data.n_items, self.n_factors
        if n_factors is None:  # at least as many vectors are decomposed; data with more distinct values are rare
            n_factors = suitable_size(_FIRST_SIZE, mean_walks(data))
        n_users, n_used = int(np.count_nonzero(data.rows.lengths)), len(np.unique(data.item_codes))
        size, larger = min(n_users, n_used), max(n_users, n_used)
        plan.work("copies of the matrix", 28.0 * n)
        plan.keep("matrix", 12.0 * n)
        if self.n_factors is None:
            plan.work("shuffled matrix", 30.0 * n)  # and keys, their order and its work array
        kept = min(n_factors, size)
        if size <= max(_MAX_DENSE, n_factors):
            plan.work("eigenvectors of the dense Gram matrix", 12.0 * n + 8.0 * size**2 * _EIGEN_COPIES)
            if n_used > n_users:
                plan.work("singular vectors", 8.0 * n_used * kept * 3)
        else:  # ARPACK holds 2 k + 1 vectors of the smaller side; SciPy then decomposes k vectors of the larger side
            n_vectors = max(2 * kept + 1, 20)
            plan.work("vectors of the decomposition", 8.0 * size * (n_vectors + kept) + 24.0 * larger * kept)
        plan.keep("singular vectors", 8.0 * n_used * kept)
        plan.keep("item factors", 4.0 * n_items * n_factors)
        plan.drop("matrix")
        plan.keep("user factors", 4.0 * data.n_users * n_factors)
        plan.work("blocks of users", 20.0 * min(_BLOCK_CELLS, data.n_users * n_factors) + 8.0 * n_items * n_factors)
        plan.drop("singular vectors")

    def _largest(self, matrix: sparse.csr_array, means: FloatArray, walks: float) -> tuple[FloatArray, FloatArray]:
        """Return the singular values and vectors of the centred matrix that the model keeps."""
        if self.n_factors is not None:
            return _decompose(matrix, means, min(self.n_factors, *matrix.shape))
        of_noise, _ = _decompose(shuffled(matrix), means, min(2, *matrix.shape))
        edge = float(of_noise[1]) if len(of_noise) > 1 else 0.0  # the first vector is popularity
        size = min(_FIRST_SIZE, *matrix.shape)
        values, vectors = _decompose(matrix, means, size)
        while n_above(values, edge) == size < min(_MAX_SIZE, *matrix.shape):
            size = min(2 * size, *matrix.shape)
            values, vectors = _decompose(matrix, means, size)
        suitable = min(suitable_size(n_above(values, edge), walks), *matrix.shape)
        if suitable > size:
            return _decompose(matrix, means, suitable)
        return values[:suitable], np.ascontiguousarray(vectors[:, :suitable])

    def _described(self) -> dict[str, Attribute]:
        return super()._described() | {
            "singular_values_": Array("float64", ("n_factors",)),
            "item_means_": Array("float32", ("n_items",)),
            "item_factors_": Array("float32", ("n_items", "n_factors")),
            "user_factors_": Array("float32", ("n_users", "n_factors")),
        }

    def _restore(self) -> None:
        self._offset = self.item_means_.astype(np.float64) @ self.item_factors_.astype(np.float64)

    def _item_factors(self) -> Factors:
        return Factors(self.item_factors_, self.item_means_)

    def _fold_in(self, histories: Rows) -> Factors:
        """Return (r − μ) Q for each history; 0 for an empty one."""
        rows = sparse.csr_array(
            (histories.values.astype(np.float64), histories.codes, histories.indptr),
            shape=(len(histories.lengths), len(self.item_factors_)),
        )
        vectors: FloatArray = (rows @ self.item_factors_.astype(np.float64) - self._offset).astype(np.float32)
        vectors[histories.lengths == 0] = 0
        return Factors(vectors)

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return the scores of an empty history: the item means, 0 for an unknown item."""
        return self._bias_scores(user_codes, item_codes)

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        # Q Σ are the coordinates of the items in the decomposition: weaker singular vectors have less weight.
        scaled = self.item_factors_ * self.singular_values_.astype(np.float32)
        return nearest_by_cosine(scaled, item_codes, n, self._runner())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Split a score into the contributions r_j q_j·q_i of the past items and a term of the means."""
        history = self._training_histories(np.array([user_code]))
        own = self.item_factors_[item_code].astype(np.float64)
        parts = history.values * (self.item_factors_[history.codes].astype(np.float64) @ own)
        expected = float(self.item_means_[item_code] - self._offset @ own)
        return [
            Term("mean", None, expected),
            *self._past_item_terms(history.codes, parts),
        ]


def _decompose(matrix: sparse.csr_array, means: AnyArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest singular values of the centred matrix, and its right singular vectors as columns."""
    n_users, n_items = matrix.shape
    if min(n_users, n_items) <= max(_MAX_DENSE, size):
        return _decompose_gram(matrix, means, size)
    ones = np.ones(n_users)
    centred = LinearOperator(
        matrix.shape,
        matvec=lambda x: matrix @ x.ravel() - (means @ x.ravel()) * ones,
        rmatvec=lambda y: matrix.T @ y.ravel() - y.sum() * means,
        matmat=lambda X: matrix @ X - ones[:, None] * (means @ X),
        rmatmat=lambda Y: matrix.T @ Y - means[:, None] * Y.sum(axis=0),
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(min(n_users, n_items))
    _, values, vectors = svds(centred, size, v0=start, return_singular_vectors="vh")
    order = np.argsort(-values, kind="stable")
    order = order[_is_nonzero(values[order])]
    return values[order], np.take(vectors.T, order, axis=1)


def _decompose_gram(matrix: sparse.csr_array, means: AnyArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the result of `_decompose` from the dense Gram matrix of the smaller side."""
    n_users, n_items = matrix.shape
    if n_items <= n_users:  # Cᵀ C = Rᵀ R − n μ μᵀ has the right singular vectors as eigenvectors
        gram = _dense_product(matrix.T.tocsr(), matrix)
        for rows in tiles(n_items):
            gram[rows] -= n_users * np.outer(means[rows], means)
        return _nonzero(*_largest_eigen(gram, size))
    sums = matrix @ means
    gram = _dense_product(matrix, matrix.T.tocsr())
    for rows in tiles(n_users):
        gram[rows] = gram[rows] - sums[rows, None] - sums + means @ means
    values, left = _largest_eigen(gram, size)  # of C Cᵀ; the right singular vectors are Cᵀ U Σ⁻¹
    values, left = _nonzero(values, left)
    return values, (matrix.T @ left - np.outer(means, left.sum(axis=0))) / values


def _dense_product(left: sparse.csr_array, right: sparse.csr_array) -> FloatArray:
    """Return the product of sparse matrices as a dense one, without a sparse product of all rows in memory."""
    product = np.empty((left.shape[0], right.shape[1]))
    for rows in tiles(left.shape[0]):
        product[rows] = (left[rows] @ right).toarray()
    return product


def _largest_eigen(gram: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the square roots of the largest eigenvalues in decreasing order, and their eigenvectors as columns."""
    squares, vectors = np.linalg.eigh(gram)
    return np.sqrt(np.maximum(squares[::-1][:size], 0)), vectors[:, ::-1][:, :size]


def _nonzero(values: FloatArray, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Drop singular values that are rounding errors, and their vectors."""
    nonzero = np.flatnonzero(_is_nonzero(values))
    return values[nonzero], np.take(vectors, nonzero, axis=1)


def _is_nonzero(values: FloatArray) -> BoolArray:
    """Return whether each singular value is above the rounding errors of the largest one."""
    nonzero: BoolArray = values > _MIN_SHARE * max(float(values.max(initial=0.0)), 1e-300)
    return nonzero


def _largest_rows(vectors: FloatArray) -> IntArray:
    """Return the row of the largest absolute value in each column; the first one among almost equal values."""
    sizes = np.abs(vectors)
    places: IntArray = np.argmax(sizes > sizes.max(axis=0, initial=0.0) * (1 - 1e-6), axis=0)
    return places[None, :]
