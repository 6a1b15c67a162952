"""Lists under business rules: `rerank` applies rules to the lists of a model, and explains the result.

`deduplicate` makes the shelves of a page from several lists.
"""

from recokit.reranking.deduplicate import deduplicate
from recokit.reranking.filters import AllOf, AnyOf, Filter, Not, Where, filter_from_dict
from recokit.reranking.rerank import rerank
from recokit.reranking.reranked import Reason, Reranked, RuleEffect, RuleReport
from recokit.reranking.rule import Rule, rule_from_dict
from recokit.reranking.rules import (
    Boost,
    Calibrate,
    Diversity,
    Exclude,
    Fair,
    Freshness,
    InStock,
    Margin,
    MaxPer,
    MinShare,
    Pin,
    PriceNear,
)

__all__ = [
    "AllOf",
    "AnyOf",
    "Boost",
    "Calibrate",
    "Diversity",
    "Exclude",
    "Fair",
    "Filter",
    "Freshness",
    "InStock",
    "Margin",
    "MaxPer",
    "MinShare",
    "Not",
    "Pin",
    "PriceNear",
    "Reason",
    "Reranked",
    "Rule",
    "RuleEffect",
    "RuleReport",
    "Where",
    "deduplicate",
    "filter_from_dict",
    "rerank",
    "rule_from_dict",
]
