"""Handlers of the tools of a shop."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recokit._runtime.language import Language
from recokit.base import Recommender
from recokit.base._hooks import Hooks
from recokit.base.explanation import Explanation
from recokit.data.recommendations import Recommendations
from recokit.exceptions import NotFittedError
from recokit.reranking import AllOf, filter_from_dict
from recokit.reranking._catalogue import Catalogue
from recokit.serving._items import ExternalIds, ItemCards
from recokit.serving._reasons import popular, reason_of, say
from recokit.serving.toolbox import Tool, ToolError

__all__ = ["ShopTools"]

_N = {"type": "integer", "minimum": 1, "maximum": 20, "description": "Number of items. Default 5."}
_LANGUAGE = {"type": "string", "enum": ["en", "zh"], "description": "Language of the reasons: that of the customer."}
_OPERATORS = ["==", "!=", "<", "<=", ">", ">="]


class ShopTools:
    """Handlers of the tools, and their descriptions.

    Parameters
    ----------
    model, search, catalogue, language, order_status, user, columns
        As in `recokit.serving.tools`.
    """

    def __init__(
        self, model: Recommender, search: Any, catalogue: Any, language: Language, order_status: Any, user: Any,
        columns: Sequence[str] | None,
    ) -> None:  # fmt: skip
        if not model.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(model).__name__} is not fitted yet; call fit first.")
        self._model, self._search, self._order_status = model, search, order_status
        self._catalogue, self._language, self._user = catalogue, language, user
        self._cards = ItemCards(catalogue, columns)
        self._items = ExternalIds(model.interactions_.items, "item")
        self._users = ExternalIds(model.interactions_.users, "user")

    # ------------------------------------------------------------------ descriptions

    def tools(self) -> list[Tool]:
        """Return the tools that the model, the search and the hook make possible."""
        item = self._items.schema | {"description": "Id of an item, from an earlier answer."}
        query = {"type": "string", "minLength": 1, "maxLength": 200, "description": "Words, as the customer says them."}
        order = {"type": "string", "minLength": 1, "maxLength": 100, "description": "Number of the order."}
        seen = {
            "type": "array", "items": self._items.schema, "minItems": 1, "maxItems": 50,
            "description": "Items to start from, in place of the history of the user; the latest last.",
        }  # fmt: skip
        leave_out = {"type": "array", "items": self._items.schema, "maxItems": 50, "description": "Items to leave out."}
        found = []
        if self._search is not None:
            text = "Search the catalogue by words. Use filters for limits such as a price."
            found.append(self._tool("search_items", text, self.search_items, {"query": query}, {"n": _N}, True))
        text = "Recommend items to the customer, with a reason for each."
        optional = self._user_argument() | {"history": seen, "exclude": leave_out, "n": _N}
        found.append(self._tool("recommend", text, self.recommend, {}, optional, True))
        if type(self._model)._similar_items is not Hooks._similar_items:
            text = "List alternatives to an item, such as a sold-out one."
            found.append(self._tool("similar_items", text, self.similar_items, {"item_id": item}, {"n": _N}))
        text = "Explain why an item is recommended to the customer."
        asked = {} if self._user is not None else {"user_id": self._user_argument()["user_id"]}
        found.append(self._tool("explain", text, self.explain, {"item_id": item} | asked, {}))
        if self._order_status is not None:
            text = "Return the status of an order of the customer."
            optional = self._user_argument()
            found.append(self._tool("order_status", text, self.order_status, {"order_id": order}, optional))
        return found

    def _tool(
        self, name: str, text: str, handler: Any, required: dict[str, Any], optional: dict[str, Any],
        with_filters: bool = False,
    ) -> Tool:  # fmt: skip
        filters = {"filters": self._filters()} if with_filters and self._cards.filterable else {}
        properties = {**required, **optional, **filters, "language": _LANGUAGE}
        schema = {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}
        return Tool(name, text, schema, handler)

    def _user_argument(self) -> dict[str, Any]:
        """Return the argument of the user, which a conversation with one customer does not have."""
        if self._user is not None:
            return {}
        return {"user_id": self._users.schema | {"description": "Id of the customer."}}

    def _filters(self) -> dict[str, Any]:
        one = {
            "type": "object",
            "properties": {
                "column": {"type": "string", "enum": self._cards.filterable},
                "op": {"type": "string", "enum": _OPERATORS},
                "value": {"type": ["string", "number", "boolean"]},
            },
            "required": ["column", "op", "value"],
            "additionalProperties": False,
        }
        return {"type": "array", "items": one, "maxItems": 5, "description": "Conditions, all of which must hold."}

    # ------------------------------------------------------------------ handlers

    def search_items(
        self, query: str, n: int = 5, filters: Sequence[Any] = (), language: Language | None = None
    ) -> dict[str, Any]:
        """Return the items of a query."""
        words, options = language or self._language, {"filters": list(filters)} if filters else {}
        found = self._search.search(query, int(n), **options)
        entries = found[query]
        fallback = next(iter(getattr(found, "fallbacks", [None])), None)
        items = []
        for item, _ in entries:
            card = self._cards.of(item)
            if fallback is None and hasattr(self._search, "explain"):
                why = self._search.explain(query, item, language=words, labels=self._cards.titles)
                card["reason"] = reason_of(why, words)
            items.append(card)
        notes = [] if entries else [say("empty", words)]
        notes += [say(fallback, words)] if fallback is not None and entries else []
        corrections: Any = next(iter(getattr(found, "corrections", [{}])), {})
        notes += [say("corrected", words, word, others[0]) for word, others in corrections.items() if others]
        return {"query": query, "items": items} | ({"notes": notes} if notes else {})

    def recommend(
        self, user_id: Any = None, history: Sequence[Any] | None = None, exclude: Sequence[Any] = (), n: int = 5,
        filters: Sequence[Any] = (), language: Language | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return items for a user, or for a history."""
        words, model = language or self._language, self._model
        options: dict[str, Any] = {"exclude": self._items.known(exclude), "fill": "popular", "on_unknown": "popular"}
        if filters:
            options["candidates"] = self._matching(filters)
            if not options["candidates"]:
                return {"items": [], "notes": [say("empty", words)]}
        if history is not None:
            seen = self._items.known(history)
            lists = model.recommend_for({"": seen}, int(n), **options)
            return self._listed(lists, words, lambda item: self._explain_for(seen, item, words))
        user = (
            self._user
            if self._user is not None
            else next(iter(self._users.known([user_id] * (user_id is not None))), None)
        )
        if user is None or not self._has_history(user):
            lists = model.recommend_for({"": []}, int(n), **options)
            return self._listed(lists, words, None)
        lists = model.recommend([user], int(n), **options)
        return self._listed(lists, words, lambda item: self._explain(user, item, words))

    def similar_items(self, item_id: Any, n: int = 5, language: Language | None = None) -> dict[str, Any]:
        """Return alternatives to an item."""
        (item,) = self._items.known([item_id])
        found = self._model.similar_items([item], int(n))
        title = str(self._cards.titles.get(item, item))
        reason = say("similar", language or self._language, title)
        return {
            "item": self._cards.of(item),
            "reason": reason,
            "items": [self._cards.of(one) for one, _ in found[item]],
        }

    def explain(self, item_id: Any, user_id: Any = None, language: Language | None = None) -> dict[str, Any]:
        """Return the reason for an item, and the terms of its score."""
        words = language or self._language
        (item,) = self._items.known([item_id])
        user = self._user if self._user is not None else self._users.known([user_id])[0]
        if not self._has_history(user):
            return {"item": self._cards.of(item), "reason": popular(words), "terms": []}
        why = self._explain(user, item, words)
        terms = [
            {"kind": term.kind, "text": why._titled(term).label(words), "contribution": term.contribution}
            if term.kind != "neighbor"
            else {"kind": term.kind, "text": say("neighbor", words), "contribution": term.contribution}
            for term in why.terms
        ]
        return {"item": self._cards.of(item), "score": why.score, "reason": reason_of(why, words), "terms": terms}

    def order_status(self, order_id: str, user_id: Any = None, language: Language | None = None) -> dict[str, Any]:
        """Return the answer of the hook."""
        found = self._order_status(order_id, self._user if self._user is not None else user_id)
        if found is None:
            raise ToolError("unknown_order", f"no order {order_id!r} of this customer; ask for the number again")
        return {"order_id": order_id, **found}

    # ------------------------------------------------------------------ helpers

    def _listed(self, lists: Recommendations, language: Language, explain: Any) -> dict[str, Any]:
        """Return items with reasons; without ``explain``, and for fillers, the reason is their popularity."""
        fillers, items = lists.is_filler[0], []
        for place, (item, _) in enumerate(next(iter(lists))[1]):
            is_popular = explain is None or fillers[place]
            reason = popular(language) if is_popular else reason_of(explain(item), language)
            items.append(self._cards.of(item) | {"reason": reason})
        return {"items": items} | ({} if items else {"notes": [say("empty", language)]})

    def _explain(self, user: Any, item: Any, language: Language) -> Explanation:
        return self._model.explain(user, item, language=language, labels=self._cards.titles)

    def _explain_for(self, history: Sequence[Any], item: Any, language: Language) -> Explanation:
        return self._model.explain_for(history, item, language=language, labels=self._cards.titles)

    def _has_history(self, user: Any) -> bool:
        """Return whether the model has interactions of a user."""
        codes = self._model.interactions_.users.codes([user])
        return bool(codes[0] >= 0 and self._model.interactions_.rows.take(codes).lengths[0])

    def _matching(self, filters: Sequence[Any]) -> list[Any]:
        """Return the items of the model that meet all conditions."""
        items = self._model.interactions_.items
        mask = AllOf([filter_from_dict(one) for one in filters]).mask(Catalogue(items, self._catalogue))  # type: ignore[arg-type]
        matching: list[Any] = items.take(np.flatnonzero(mask).astype(np.int32)).tolist()
        return matching
