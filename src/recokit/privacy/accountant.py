"""PrivacyAccountant: the total privacy loss of several releases from the same data."""

from typing import NamedTuple

from recokit._runtime.html import html_table
from recokit.exceptions import PrivacyBudgetError
from recokit.privacy._zcdp import check_delta, check_epsilon, epsilon_of, rho_of

__all__ = ["PrivacyAccountant", "Release"]

_ROUNDING = 1e-9


class Release(NamedTuple):
    """One release of an accountant.

    Attributes
    ----------
    name : str
    rho : float
        Privacy loss in zero-concentrated differential privacy (zCDP).
    epsilon, delta : float
        The guarantee of the release alone.
    extra_delta : float
        Probability with which the release has no guarantee, in addition to zCDP, such as by a threshold for ids.

    See Also
    --------
    recokit.privacy.PrivacyAccountant : The budget of privacy loss of a data set, and its use by releases.

    Examples
    --------
    >>> from recokit.privacy import PrivacyAccountant
    >>> accountant = PrivacyAccountant(epsilon=2.0, delta=1e-5)
    >>> accountant.spend("counts", epsilon=0.5, delta=1e-6)
    >>> [release.name for release in accountant.releases]
    ['counts']
    """

    name: str
    rho: float
    epsilon: float
    delta: float
    extra_delta: float


class PrivacyAccountant:
    """The budget of privacy loss of a data set, and its use by releases.

    Losses are added in zero-concentrated differential privacy, which gives a smaller total than the sum of the ε of
    many releases. A release that would exceed the budget is refused before any noise is drawn.

    Parameters
    ----------
    epsilon : float
        Maximum of the total ε, above 0.
    delta : float
        Maximum of the total δ, above 0 and below 1. Choose less than 1 / number of users.

    Attributes
    ----------
    releases : list of Release
        The releases so far.

    See Also
    --------
    recokit.privacy.Release : One release of an accountant.
    recokit.privacy.private_popularity :
        Return the number of users of each item with (ε, δ)-differential privacy for users.
    recokit.privacy.private_gram :
        Return the Gram matrix of the most popular items with (ε, δ)-differential privacy for users.

    Notes
    -----
    All releases from the same users must go to one accountant, including releases of later data of these
    users. The accountant counts; it cannot know of releases that were made without it.

    References
    ----------
    M. Bun and T. Steinke (2016). Concentrated differential privacy: simplifications, extensions, and lower bounds. TCC.

    Examples
    --------
    >>> from recokit.privacy import PrivacyAccountant
    >>> accountant = PrivacyAccountant(epsilon=2.0, delta=1e-5)
    >>> for month in range(4):
    ...     accountant.spend(f"best sellers {month}", epsilon=0.5, delta=1e-6)
    >>> round(accountant.epsilon, 2), accountant.basic()
    (0.93, (2.0, 4e-06))
    """

    def __init__(self, epsilon: float, delta: float) -> None:
        self.max_epsilon = check_epsilon(epsilon)
        self.max_delta = check_delta(delta)
        self.releases: list[Release] = []

    @property
    def rho(self) -> float:
        """Total privacy loss in zCDP."""
        return sum(release.rho for release in self.releases)

    @property
    def epsilon(self) -> float:
        """Total ε at the δ of the budget."""
        return self._epsilon_with(0.0, 0.0)

    def _epsilon_with(self, rho: float, extra_delta: float) -> float:
        extra = extra_delta + sum(release.extra_delta for release in self.releases)
        if extra >= self.max_delta:
            return float("inf")
        return epsilon_of(self.rho + rho, self.max_delta - extra)

    def basic(self) -> tuple[float, float]:
        """Return the sums of the ε and the δ of all releases: basic composition."""
        return sum(each.epsilon for each in self.releases), sum(each.delta for each in self.releases)

    def spend(self, name: str, *, epsilon: float, delta: float, extra_delta: float = 0.0) -> None:
        """Record a release with Gaussian noise that alone is (ε, δ)-differentially private.

        Parameters
        ----------
        name : str
            Description of the release.
        epsilon, delta : float
            Guarantee of the release.
        extra_delta : float
            Part of ``delta`` that is spent on a threshold.

        Raises
        ------
        PrivacyBudgetError
            The total would exceed the budget.
        ValueError
            A number is out of range.
        """
        epsilon, delta = check_epsilon(epsilon), check_delta(delta)
        if not 0 <= extra_delta < delta:
            raise ValueError(f"extra_delta={extra_delta!r}: expected a number from 0 to below delta={delta}")
        rho = rho_of(epsilon, delta - extra_delta)
        total = self._epsilon_with(rho, extra_delta)
        if total > self.max_epsilon * (1 + _ROUNDING):
            raise PrivacyBudgetError(
                f"{name}: the total would be epsilon={total:.3g} at delta={self.max_delta:g}, above the budget of "
                f"{self.max_epsilon:g}; {self.epsilon:.3g} is spent; release with a smaller epsilon, or not at all"
            )
        self.releases.append(Release(name, rho, epsilon, delta, extra_delta))

    def __repr__(self) -> str:
        return (
            f"PrivacyAccountant(epsilon={self.epsilon:.3g} of {self.max_epsilon:g} at delta={self.max_delta:g}, "
            f"{len(self.releases)} releases)"
        )

    def _repr_html_(self) -> str:
        rows = [[each.name, f"{each.epsilon:.3g}", f"{each.delta:.3g}"] for each in self.releases]
        caption = f"ε = {self.epsilon:.3g} of {self.max_epsilon:g} at δ = {self.max_delta:g}"
        return html_table(caption, ["release", "ε alone", "δ alone"], rows)
