"""Neighbourhood recommenders: similar users, similar items."""

from recokit.neighbors.item_knn import ItemKNN
from recokit.neighbors.user_knn import UserKNN

__all__ = ["ItemKNN", "UserKNN"]
