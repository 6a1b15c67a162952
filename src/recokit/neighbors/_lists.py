"""Lists of the best items from scores that are made for a few items at a time."""

from collections.abc import Iterable

import numpy as np

from recokit._threads import for_rows
from recokit._typing import FloatArray
from recokit.base import Choice, Top
from recokit.kernels.neighbors import merge_lists

__all__ = ["best_of_tiles"]


def best_of_tiles(
    tiles: Iterable[tuple[int, int, FloatArray]], n_items: int, n: int, choice: Choice, n_threads: int
) -> Top:
    """Return the n best items that may be listed for each person, equal ones in order of code.

    Parameters
    ----------
    tiles : iterable of (start, stop, scores)
        The scores of the items start … stop for all people, (n_people, stop − start) float32, in order of code.
    n_items, n, choice, n_threads
        As those of lists.
    """
    top = Top.nothing(choice.n_people, n)
    allowed = np.arange(n_items) if choice.allowed is None else np.flatnonzero(choice.allowed)
    for start, stop, scores in tiles:
        codes = allowed[np.searchsorted(allowed, start) : np.searchsorted(allowed, stop)]
        if len(codes) == 0:
            continue
        shown = scores if len(codes) == stop - start else np.ascontiguousarray(scores[:, codes - start])
        found = choice.over(codes, n_items).select(shown, min(n, len(codes)), n_threads)
        args = (codes.astype(np.int32)[found.item_codes], *found[1:], *top)
        for_rows(merge_lists, choice.n_people, args, n_threads=n_threads, costs=np.full(choice.n_people, n))
    return top
