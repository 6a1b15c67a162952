"""tools: a recommender and a search as tools of a large language model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recokit._runtime.language import Language, check_language
from recokit.base import Recommender
from recokit.serving._handlers import ShopTools
from recokit.serving.toolbox import Toolbox

__all__ = ["tools"]

OrderStatus = Callable[[str, Any], Mapping[str, Any] | None]


def tools(
    model: Recommender,
    search: Any = None,
    catalogue: Any = None,
    language: Language = "en",
    order_status: OrderStatus | None = None,
    *,
    user: Any = None,
    columns: Sequence[str] | None = None,
) -> Toolbox:
    """Return the tools of a shop assistant: search, recommend, similar items, explain and the status of an order.

    A language model decides about the arguments of its calls. Hence set ``user`` to the customer of the conversation,
    so that the tools have no argument for users, and the model cannot be led to ask about other customers. Without
    ``user``, the tools are those of an employee: they take the id of any user.

    ==================  ==========================================================================================
    tool                answer
    ==================  ==========================================================================================
    ``search_items``    items for a query; only with ``search``
    ``recommend``       items for the user or for items named in the conversation, with reasons
    ``similar_items``   alternatives to an item; only if the model defines similar items
    ``explain``         the reason for an item and the terms of its score
    ``order_status``    the answer of the hook; only with ``order_status``
    ==================  ==========================================================================================

    Parameters
    ----------
    model : Recommender
        A fitted model.
    search : ItemSearch, optional
        A fitted search, or an object with a method ``search(queries, n)`` that returns `Recommendations`.
    catalogue : frame or mapping of columns, optional
        With the column item_id. Its columns are shown with the items, and filters compare them.
    language : {"en", "zh"}
        Language of the reasons. Each call can ask for the other one.
    order_status : callable, optional
        ``order_status(order_id, user)`` returns a mapping, or None for an unknown order. It must check that the order
        is that of the user.
    user : id, optional
        The customer of the conversation; may be unknown to the model.
    columns : sequence of str, optional
        Columns to show; by default title, brand, category, price, currency and stock, as far as they exist.

    Returns
    -------
    Toolbox

    Raises
    ------
    NotFittedError
        The model is not fitted.
    ValueError
        The language is another one.
    DataError
        The catalogue lacks a column.

    See Also
    --------
    recokit.serving.Toolbox : Tools for a large language model: descriptions to send to it, and handlers for its calls.
    recokit.serving.Tool : Tool of a language model.

    Examples
    --------
    >>> from recokit import ItemKNN
    >>> bought = [("ann", "t1"), ("ann", "c1"), ("bob", "t1"), ("bob", "c1"), ("cy", "t1")]
    >>> titles = {"item_id": ["t1", "c1"], "title": ["green tea", "tea cup"]}
    >>> box = tools(ItemKNN().fit(bought), catalogue=titles, user="cy")
    >>> box.names
    ['recommend', 'similar_items', 'explain']
    >>> answer = box.call("recommend", {"n": 1})
    >>> answer["items"][0]["title"], answer["items"][0]["reason"]
    ('tea cup', 'because of your interest in “green tea”')
    >>> box.call("recommend", {"n": 1, "language": "zh"})["items"][0]["reason"]
    '因为您对“green tea”感兴趣'
    """
    check_language(language)
    return Toolbox(ShopTools(model, search, catalogue, language, order_status, user, columns).tools())
