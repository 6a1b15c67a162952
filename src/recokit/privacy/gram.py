"""private_gram: the products of the items of all users, with noise."""

from typing import Any, NamedTuple

import numpy as np

from recokit._runtime.arguments import check_count, check_probability
from recokit._typing import FloatArray, IntArray
from recokit.data.gram import Gram
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.exceptions import DataError
from recokit.privacy._noise import add_noise, noise_scale, require_opendp
from recokit.privacy._zcdp import check_delta, check_epsilon, rho_of
from recokit.privacy.accountant import PrivacyAccountant
from recokit.privacy.contributions import limit_contributions
from recokit.privacy.counts import _codes_in, _in_catalogue, threshold_of

__all__ = ["private_gram"]

_POPULARITY_BITS = 30
_BITS = 18  # of the entries of a row: the sums of a block of users are exact in float64, those of all users in int64
_USERS_PER_BLOCK = 4096
_MOST_ITEMS = 10_000  # of a user, if there is no other limit: the threshold for ids needs one


class _Budget(NamedTuple):
    """Privacy losses of the two releases, and the probability of an unprotected id."""

    popularity: float
    products: float
    extra_delta: float


def private_gram(
    interactions: Interactions,
    *,
    epsilon: float,
    delta: float,
    n_items: int = 300,
    max_items: int | None = None,
    items: Any = None,
    popularity_share: float = 0.05,
    popularity_scale: float = 0.3,
    random_state: Any = None,
    accountant: PrivacyAccountant | None = None,
) -> Gram:
    r"""Return the Gram matrix of the most popular items with (ε, δ)-differential privacy for users.

    Models that are fitted to it, such as ``EASE().fit_gram(gram)``, have the same guarantee, since they see nothing
    else. There are two releases.

    1. The popularity of the items. Each user counts :math:`1 / \sqrt{n_u}` for each of their :math:`n_u` items, so that
       all data of a user change the vector by at most 1. The ``n_items`` items with the largest noisy values are kept.
    2. The sum over the users of :math:`w_u T x_u x_u^\top T` for these items. The matrix T shrinks the direction of the
       noisy popularity p, in which users differ little, so that the noise hides less of the others:
       :math:`T = I - (1 - \tau) p p^\top / |p|^2`. The weight :math:`w_u` makes the norm of the upper triangle of
       each user's matrix 1, so that all users contribute equally. Discrete Gaussian noise is added to the upper
       triangle.

    The rest uses the released numbers only: eigenvalues below the largest one of the noise, :math:`2 \sigma \sqrt n`,
    are set to 0, the others are reduced by it, and T is undone. The result is positive semidefinite and of low rank.

    Parameters
    ----------
    interactions : Interactions
        Values and timestamps are not used.
    epsilon, delta : float
        ε above 0, and δ between 0 and 1, less than 1 / number of users.
    n_items : int
        Number of items of the matrix. The noise grows with its square root: a small ε needs few items.
    max_items : int, optional
        Maximum number of items of a user that count, chosen at random; 10,000 by default, since weights bound the part
        of each user.
    items : array-like of ids, optional
        A public catalogue; items outside it do not count. By default the ids themselves are protected: only items above
        a threshold are released, and half of δ is spent on it.
    popularity_share : float
        Share of the privacy loss that is spent on the popularity.
    popularity_scale : float
        τ, above 0 and at most 1.
    random_state : int, RandomState or None
        Seed of the choice of the items. The noise has no seed.
    accountant : PrivacyAccountant, optional
        Records the release, or refuses it if the budget is used up.

    Returns
    -------
    Gram

    Raises
    ------
    ValueError
        A number is out of range.
    PrivacyBudgetError
        The budget of the accountant is used up.
    DataError
        No item exceeds the threshold.
    ImportError
        OpenDP is not installed: ``pip install "recokit[privacy]"``.

    See Also
    --------
    recokit.data.Gram :
        The matrix :math:`X^\top W X` of items × items, which models of items can be fitted to without user
        data.
    recokit.privacy.PrivacyAccountant : The budget of privacy loss of a data set, and its use by releases.
    recokit.privacy.limit_contributions : Return at most ``max_items`` interactions of each user, chosen at random.

    References
    ----------
    C. Dwork, K. Talwar, A. Thakurta and L. Zhang (2014). Analyze Gauss: optimal bounds for privacy-preserving principal
    component analysis. STOC.

    C. Canonne, G. Kamath and T. Steinke (2020). The discrete Gaussian for differential privacy. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from recokit import EASE, Interactions
    >>> from recokit.privacy import private_gram
    >>> users, items = np.nonzero(np.random.default_rng(0).random((5000, 8)) < 0.4)
    >>> gram = private_gram(
    ...     Interactions.from_arrays(users, items),
    ...     epsilon=5,
    ...     delta=1e-5,
    ...     n_items=4,
    ...     items=range(8),
    ... )
    >>> gram
    Gram(4 items)
    """
    epsilon, delta, n_items = check_epsilon(epsilon), check_delta(delta), check_count(n_items, "n_items")
    check_probability(popularity_share, "popularity_share")
    if not 0 < popularity_scale <= 1:
        raise ValueError(f"popularity_scale={popularity_scale!r}: expected a number above 0 and at most 1")
    if max_items is not None:
        check_count(max_items, "max_items")
    require_opendp()
    catalogue = None if items is None else IdIndex.from_ids(items)
    extra_delta = delta / 2 if catalogue is None else 0.0
    if accountant is not None:
        accountant.spend("gram", epsilon=epsilon, delta=delta, extra_delta=extra_delta)
    rho = rho_of(epsilon, delta - extra_delta)
    budget = _Budget(rho * popularity_share, rho * (1 - popularity_share), extra_delta)
    data = _in_catalogue(interactions, catalogue)
    max_items = _MOST_ITEMS if max_items is None else max_items
    data = limit_contributions(data, max_items, random_state)
    index, codes = _codes_in(data, catalogue)
    popularity = _popularity(data, codes, len(index), budget)
    kept = _most_popular(popularity, n_items, max_items, budget, protected=catalogue is None)
    popularity = np.maximum(popularity[kept], 0.0)
    matrix = _products(data, codes, kept, popularity, popularity_scale, budget.products)
    return Gram(index.select(kept), matrix, popularity)


def _popularity(data: Interactions, codes: IntArray, n_items: int, budget: _Budget) -> FloatArray:
    """Return the noisy popularity of all items; the norm of the part of a user is at most 1."""
    unit = 2.0**_POPULARITY_BITS
    lengths = np.maximum(data.rows.lengths, 1)
    parts = np.repeat(np.floor(unit / np.sqrt(lengths)), data.rows.lengths)
    sums = np.zeros(n_items, dtype=np.int64)
    np.add.at(sums, codes, parts.astype(np.int64))
    return add_noise(sums, unit, budget.popularity) / unit


def _most_popular(
    popularity: FloatArray, n_items: int, max_items: int, budget: _Budget, *, protected: bool
) -> IntArray:
    """Return the codes of the most popular items, ascending; above the threshold if ids are protected."""
    order = np.argsort(-popularity, kind="stable")[:n_items]
    if protected:
        # A user with n items of which k are theirs alone gives each at most 1/√n ≤ 1/√k.
        largest = 1.0 / np.sqrt(np.arange(1.0, max_items + 1))
        threshold = threshold_of(noise_scale(1.0, budget.popularity), largest, budget.extra_delta)
        order = order[popularity[order] >= threshold + 2.0**-_POPULARITY_BITS]
        if len(order) == 0:
            raise DataError(
                f"no item has a noisy popularity of at least {threshold:.0f}; raise epsilon, or give a public "
                "catalogue as items"
            )
    return np.sort(order).astype(np.int64)


def _products(
    data: Interactions, codes: IntArray, kept: IntArray, popularity: FloatArray, scale: float, rho: float
) -> FloatArray:
    """Return the denoised matrix of the kept items: (n, n) float64."""
    n = len(kept)
    places = np.full(int(max(codes.max(initial=-1), kept.max())) + 1, -1, dtype=np.int64)
    places[kept] = np.arange(n)
    norm = float(np.linalg.norm(popularity))
    direction = popularity / norm if norm > 0 else np.zeros(n)
    sums = np.zeros((n, n), dtype=np.int64)
    for start in range(0, data.n_users, _USERS_PER_BLOCK):
        stop = min(start + _USERS_PER_BLOCK, data.n_users)
        rows = _user_rows(data, places[codes], n, start, stop)
        rows -= (1.0 - scale) * np.outer(rows @ direction, direction)
        rows = whole_rows(rows, _BITS)
        sums += (rows.T @ rows).astype(np.int64)
    upper = np.triu_indices(n)
    noisy = add_noise(sums[upper], 4.0**_BITS, rho) / 4.0**_BITS
    matrix = np.zeros((n, n))
    matrix[upper] = noisy
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    return _denoised(matrix, direction, scale, 2.0 * noise_scale(1.0, rho) * np.sqrt(n))


def _user_rows(data: Interactions, places: IntArray, n: int, start: int, stop: int) -> FloatArray:
    """Return the rows of users as a dense matrix of zeros and ones over the kept items."""
    rows = np.zeros((stop - start, n))
    cells = slice(data.indptr[start], data.indptr[stop])
    users = np.repeat(np.arange(stop - start), data.rows.lengths[start:stop])
    is_kept = places[cells] >= 0
    rows[users[is_kept], places[cells][is_kept]] = 1.0
    return rows


def whole_rows(rows: FloatArray, bits: int) -> FloatArray:
    r"""Return rows of whole numbers; the upper triangle of each :math:`x x^\top` has a norm of at most :math:`4^b`.

    The square of the norm is :math:`((\sum x_i^2)^2 + \sum x_i^4) / 2`. Rounding towards 0 makes no norm larger.
    """
    squares = rows**2
    norms = np.sqrt((squares.sum(axis=1) ** 2 + (squares**2).sum(axis=1)) / 2)
    factors = np.where(norms > 0, 1.0 / np.sqrt(np.where(norms > 0, norms, 1.0)), 0.0) * (1 - 1e-9)
    whole: FloatArray = np.trunc(rows * (factors * 2.0**bits)[:, None])
    return whole


def _denoised(matrix: FloatArray, direction: FloatArray, scale: float, edge: float) -> FloatArray:
    """Return the matrix without the part of the noise: eigenvalues are reduced by the edge, and T is undone."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > edge
    factor = vectors[:, kept] * np.sqrt(values[kept] - edge)
    factor += (1.0 / scale - 1.0) * np.outer(direction, direction @ factor)
    denoised: FloatArray = factor @ factor.T
    return (denoised + denoised.T) / 2
