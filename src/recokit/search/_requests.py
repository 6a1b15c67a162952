"""The arguments of a search: queries, users and their taste."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from recokit._runtime.warnings import levels_inside
from recokit._typing import FloatArray, IntArray
from recokit.base.recommender import Recommender
from recokit.data._frames import is_missing
from recokit.data._inputs import as_id_list, codes_if_known, other_form
from recokit.data.id_index import IdIndex
from recokit.exceptions import DataError, UnknownIdError, first_few
from recokit.search._queries import Query

__all__ = ["check_keys", "check_texts", "taste_of", "users_of", "warn_of_long"]


def check_texts(queries: Any) -> list[str]:
    """Return one query or several as a list of strings.

    Raises
    ------
    DataError
        A query is no text.
    """
    if isinstance(queries, str):
        return [queries]
    if queries is None or isinstance(queries, bytes | dict) or not isinstance(queries, Iterable):
        raise DataError(f"queries: expected a text or a sequence of texts, got {queries!r:.80}")
    texts = [str(text) if isinstance(text, np.str_) else text for text in queries]
    wrong = [text for text in texts if not isinstance(text, str)]
    if wrong:
        raise DataError(f"queries: {len(wrong)} value(s) are not text: {first_few(wrong)}; convert them to strings")
    return texts


def check_keys(candidates: Any, texts: list[str]) -> None:
    """Refuse a mapping of queries to candidates that has none of the queries.

    Raises
    ------
    ValueError
        The message shows the keys.
    """
    if isinstance(candidates, Mapping) and candidates and not set(candidates).intersection(texts):
        raise ValueError(
            f"candidates: none of its keys is one of the queries: {first_few(list(candidates))}; expected a mapping of "
            "queries to item ids"
        )


def warn_of_long(queries: list[Query]) -> None:
    """Warn about queries with more words than are searched."""
    long = [query for query in queries if query.n_ignored]
    if long:
        warnings.warn(
            f"{len(long)} query(s) are too long; up to {max(query.n_ignored for query in long):,} words are ignored",
            stacklevel=levels_inside(),
        )


def users_of(texts: list[str], users: Any, recommender: Recommender | None, on_unknown: str) -> list[Any]:
    """Return the user of each query; None for a query without a user, or an unknown one that is ignored.

    Raises
    ------
    UnknownIdError
        A user is unknown, and ``on_unknown="raise"``.
    ValueError
        There is no recommender, or the number of users differs from that of the queries.
    """
    if on_unknown not in ("raise", "ignore"):
        raise ValueError(f"on_unknown={on_unknown!r}: expected 'raise' or 'ignore'")
    if users is None:
        return [None] * len(texts)
    if recommender is None:
        raise ValueError("users: there is no recommender; set recommender= before fit")
    ids = as_id_list(users)
    ids = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
    ids = ids * len(texts) if len(ids) == 1 else ids
    if len(ids) != len(texts):
        raise ValueError(f"users: expected one user, or one for each of the {len(texts)} queries, got {len(ids)}")
    asked = [None if is_missing(user) else user for user in ids]
    index = recommender.interactions_.users
    unknown = [user for user in asked if user is not None and user not in index]
    if unknown and on_unknown == "raise":
        raise UnknownIdError("user", unknown, other_form(index, unknown[0]))
    codes_if_known(index, [user for user in asked if user is not None], "user")
    return [user if user is not None and user in index else None for user in asked]


def taste_of(recommender: Any, items: IdIndex, user: Any) -> Callable[[IntArray], FloatArray] | None:
    """Return the function from item codes to the scores of a recommender for a user, scaled to 0 … 1.

    Items that the recommender does not know have the score 0. Without a user, there is no function.
    """
    if user is None:
        return None

    def taste(codes: IntArray) -> FloatArray:
        ids = items.take(codes).tolist()
        known = np.array([code >= 0 for code in recommender.interactions_.items.codes(ids)], dtype=np.bool_)
        scores = np.zeros(len(ids))
        pairs = [(user, item) for item, here in zip(ids, known, strict=True) if here]
        if pairs:
            found = recommender.predict(pairs)
            spread = found.max() - found.min()
            scores[known] = (found - found.min()) / (spread if spread > 0 else 1.0)
        return scores

    return taste
