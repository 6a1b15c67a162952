"""Rules that clean a log, and the report of their effect.

`EventLog.clean` applies rules in order. A rule is a small object with the method ``apply(log)``; see `Rule` for rules
of your own.
"""

from recokit.preprocessing.cleaning.clip_quantities import ClipQuantities
from recokit.preprocessing.cleaning.drop_bots import DropBots
from recokit.preprocessing.cleaning.drop_duplicates import DropDuplicates
from recokit.preprocessing.cleaning.drop_items import DropItems
from recokit.preprocessing.cleaning.drop_missing import DropMissing
from recokit.preprocessing.cleaning.k_core import KCore
from recokit.preprocessing.cleaning.net_returns import NetReturns
from recokit.preprocessing.cleaning.report import CleaningReport, CleaningStep
from recokit.preprocessing.cleaning.rule import Rule, RuleResult

__all__ = [
    "CleaningReport",
    "CleaningStep",
    "ClipQuantities",
    "DropBots",
    "DropDuplicates",
    "DropItems",
    "DropMissing",
    "KCore",
    "NetReturns",
    "Rule",
    "RuleResult",
]
