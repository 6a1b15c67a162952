"""Random walks on the graph of users and items."""

from recokit.graph.rp3beta import RP3beta

__all__ = ["RP3beta"]
