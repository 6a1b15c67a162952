"""Search: from the text of a query to ranked items of a catalogue."""

from recokit.search.item_search import ItemSearch
from recokit.search.results import SearchResults

__all__ = ["ItemSearch", "SearchResults"]
