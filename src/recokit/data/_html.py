"""Interactions in a notebook."""

from typing import Any

from recokit._runtime.html import html_table

__all__ = ["html_of_interactions"]

_ROWS_SHOWN = 5


def html_of_interactions(data: Any) -> str:
    """Return the first interactions as a table in HTML, with the ranges of values and timestamps."""
    first = slice(_ROWS_SHOWN)
    users, items = data.users.take(data.user_codes[first]), data.items.take(data.item_codes[first])
    columns = {"user_id": users, "item_id": items, "value": data.values[first]}
    facts = [f"{100 * data.n_interactions / max(data.n_users * data.n_items, 1):.3g}% of all pairs"]
    if data.n_interactions:
        facts.append(f"values from {data.values.min():g} to {data.values.max():g}")
    if data.timestamps is not None:
        columns["timestamp"] = data.timestamps[first]
        if data.n_interactions:
            facts.append(f"timestamps from {data.timestamps.min()} to {data.timestamps.max()}")
    if data.n_merged:
        facts.append(f"{data.n_merged:,} events merged into others")
    if data.n_interactions > _ROWS_SHOWN:
        facts.append(f"the first {_ROWS_SHOWN} interactions are shown")
    return html_table(repr(data), list(columns), zip(*columns.values(), strict=True), "; ".join(facts))
