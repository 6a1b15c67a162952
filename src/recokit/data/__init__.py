"""Data structures: interactions, ids, sparse rows, sequences and recommendations."""

from recokit.data.gram import Gram
from recokit.data.id_index import IdIndex
from recokit.data.interactions import Interactions
from recokit.data.recommendations import Recommendations
from recokit.data.rows import Rows
from recokit.data.sequences import Sequences

__all__ = ["Gram", "IdIndex", "Interactions", "Recommendations", "Rows", "Sequences"]
