"""The protocol of all recommenders, and the parts to build a new one from."""

from recokit.base._eligibility import EligibleItems
from recokit.base.explanation import Explanation, Term
from recokit.base.recommender import Recommender
from recokit.base.top import Top

__all__ = ["EligibleItems", "Explanation", "Recommender", "Term", "Top"]
