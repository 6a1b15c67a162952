"""PureSVD: lists from the singular vectors of the matrix."""

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds
from sklearn.utils._param_validation import Interval, StrOptions

from recokit._runtime.blas import single_threaded_blas
from recokit._typing import AnyArray, CodeArray, FloatArray, IntArray
from recokit.base import Recommender, Term, Top
from recokit.data.interactions import Interactions
from recokit.data.rows import Rows
from recokit.factorization._base import FactorRecommender
from recokit.factorization._scoring import nearest_by_cosine

__all__ = ["PureSVD"]

_DENSE = 500  # a side; below, the whole decomposition of its Gram matrix is the quicker and the safer one
_SMALLEST_SHARE = 1e-6  # of the largest singular value: what is smaller is rounding


class PureSVD(FactorRecommender):
    r"""Project what a user did onto the singular vectors of the matrix of all users and items.

    With the truncated decomposition :math:`R \approx U \Sigma Q^\top`, where a missing value is 0, the scores of a user
    with the row r of R are

    .. math:: \hat r = \mu + (r - \mu) Q Q^\top

    μ is 0, or the means of the items over all users with ``centering="mean"``; the matrix is then the centred one,
    which is never made. The scores of ratings rank items; they are no ratings, since missing ones count as 0.

    Parameters
    ----------
    n_factors : int
        Singular vectors at most. There are fewer where the matrix has a lower rank; these are 0.
    centering : {None, "mean"}
        What is subtracted from a column.
    feedback : {"auto", "explicit", "implicit"}
        What the values are; "auto" leaves it to the data.
    n_threads : int, optional
        Threads of recommending; what Numba has by default. The decomposition takes one, so that it is the same
        bits everywhere on a machine.
    verbose : bool
        Show progress.

    Attributes
    ----------
    singular_values_ : (n_factors,) float64 array
        Σ, from the largest on.
    user_factors_ : (n_users, n_factors) float32 array
        :math:`(R - \mu) Q`.
    item_factors_ : (n_items, n_factors) float32 array
        Q. The entry of each column that is largest in absolute value is positive, so that the sign is no accident.
    item_means_ : (n_items,) float32 array
        μ.

    Notes
    -----
    ``predict`` stays on this scale: where the user is not known, or has no interactions, it gives μ.

    A user without interactions has no list, and neither has one whose interactions are orthogonal to all the vectors
    kept. ``recommend_for`` is exact: the scores depend on the history alone.
    Of two singular values that are equal, which vectors span their plane is an accident; the scores do not depend on
    it, unless the last one kept is equal to the first one left out.

    References
    ----------
    P. Cremonesi, Y. Koren, R. Turrin (2010). Performance of recommender algorithms on top-N recommendation tasks.
    RecSys.

    Examples
    --------
    >>> from recokit.factorization import PureSVD
    >>> bought = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("cy", "tea"), ("dan", "pot")]
    >>> model = PureSVD(n_factors=2).fit(bought)
    >>> model.singular_values_.round(3).tolist()
    [2.136, 1.0]
    >>> [item for item, _ in model.recommend("cy", n=1)["cy"]]
    ['cup']
    """

    _falls_back_to_biases = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Recommender._parameter_constraints,
        "n_factors": [Interval(Integral, 1, None, closed="left")],
        "centering": [StrOptions({"mean"}), None],
    }

    def __init__(
        self,
        n_factors: int = 50,
        *,
        centering: str | None = None,
        feedback: str = "auto",
        n_threads: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.n_factors = n_factors
        self.centering = centering
        self.feedback = feedback
        self.n_threads = n_threads
        self.verbose = verbose

    def _fit(self, interactions: Interactions) -> None:
        matrix = sparse.csr_array(interactions.matrix, dtype=np.float64)
        means = np.zeros(interactions.n_items)
        if self.centering == "mean":
            means = np.asarray(matrix.sum(axis=0)).ravel() / interactions.n_users
        size = min(self.n_factors, *matrix.shape)
        with single_threaded_blas():
            values, vectors = _decompose(matrix, means, size)
            vectors *= np.where(np.take_along_axis(vectors, _largest(vectors), axis=0) < 0, -1.0, 1.0)
        self.singular_values_, self.item_means_ = np.zeros(self.n_factors), means.astype(np.float32)
        self.item_factors_ = np.zeros((interactions.n_items, self.n_factors), dtype=np.float32)
        self.singular_values_[: len(values)] = values
        self.item_factors_[:, : len(values)] = vectors
        self._restore()
        histories = Rows(interactions.indptr, interactions.item_codes, interactions.values)
        self.user_factors_ = self._fold_in(histories)

    def _restore(self) -> None:
        self._offset = self.item_means_.astype(np.float64) @ self.item_factors_.astype(np.float64)

    def _fold_in(self, histories: Rows) -> FloatArray:
        """Return (r − μ) Q: (n_users, n_factors) float32, 0 for who has no history."""
        rows = sparse.csr_array(
            (histories.values.astype(np.float64), histories.codes, histories.indptr),
            shape=(len(histories.lengths), len(self.item_factors_)),
        )
        factors: FloatArray = (rows @ self.item_factors_.astype(np.float64) - self._offset).astype(np.float32)
        factors[histories.lengths == 0] = 0
        return factors

    def _offsets(self) -> FloatArray:
        return self.item_means_

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return what who has no history would have, on the scale of the other scores: the mean of the item, or 0."""
        scores: FloatArray = np.append(self.item_means_, 0.0)[item_codes].astype(np.float64)
        return scores

    def _similar_items(self, item_codes: CodeArray, n: int) -> Top:
        # By what the decomposition says of them, Q Σ, in which the weaker vectors count for less.
        scaled = self.item_factors_ * self.singular_values_.astype(np.float32)
        return nearest_by_cosine(scaled, item_codes, n, self._runner())

    def _explain(self, user_code: int, item_code: int) -> list[Term]:
        """Trace a score back to the items of the history: r_j q_j·q_i each; the means are terms of their own."""
        history = self._training_histories(np.array([user_code]))
        own = self.item_factors_[item_code].astype(np.float64)
        parts = history.values * (self.item_factors_[history.codes].astype(np.float64) @ own)
        expected = float(self.item_means_[item_code] - self._offset @ own)
        return [
            Term("mean", None, expected),
            *self._past_item_terms(history.codes, parts),
        ]


def _decompose(matrix: sparse.csr_array, means: AnyArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the largest singular values of the centred matrix, and the right singular vectors as columns."""
    n_users, n_items = matrix.shape
    if min(n_users, n_items) <= max(_DENSE, size):
        return _of_the_smaller_gram(matrix, means, size)
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
    return _kept(values[order], vectors[order].T)


def _of_the_smaller_gram(matrix: sparse.csr_array, means: AnyArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the same by way of the Gram matrix of the side that is small, which alone is dense."""
    n_users, n_items = matrix.shape
    if n_items <= n_users:  # Cᵀ C = Rᵀ R − n μ μᵀ, whose eigenvectors are what is sought
        values, vectors = _largest_eigen((matrix.T @ matrix).toarray() - n_users * np.outer(means, means), size)
        return _kept(values, vectors)
    sums = matrix @ means
    gram = (matrix @ matrix.T).toarray() - sums[:, None] - sums + means @ means
    values, left = _largest_eigen(gram, size)  # of C Cᵀ; then the right vectors are Cᵀ U Σ⁻¹
    values, left = _kept(values, left)
    return values, (matrix.T @ left - np.outer(means, left.sum(axis=0))) / values


def _largest_eigen(gram: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return the roots of the largest eigenvalues, from the largest on, and their vectors as columns."""
    squares, vectors = np.linalg.eigh(gram)
    return np.sqrt(np.maximum(squares[::-1][:size], 0)), vectors[:, ::-1][:, :size]


def _kept(values: FloatArray, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Leave out what belongs to no singular value above rounding."""
    sound = values > _SMALLEST_SHARE * max(float(values.max(initial=0.0)), 1e-300)
    return values[sound], np.ascontiguousarray(vectors[:, sound])


def _largest(vectors: FloatArray) -> IntArray:
    """Return where each column is largest in absolute value; of almost equal ones the first, whatever the rounding."""
    sizes = np.abs(vectors)
    places: IntArray = np.argmax(sizes > sizes.max(axis=0, initial=0.0) * (1 - 1e-6), axis=0)
    return places[None, :]
