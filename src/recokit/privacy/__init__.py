"""Pseudonyms, anonymous exports, and statistics with differential privacy.

The guide states the guarantee of each tool and its limits.
"""

from recokit.privacy.accountant import PrivacyAccountant, Release
from recokit.privacy.contributions import limit_contributions
from recokit.privacy.counts import PrivateCounts, private_popularity
from recokit.privacy.gram import private_gram
from recokit.privacy.k_anonymity import ColumnChange, KAnonymousExport, k_anonymous
from recokit.privacy.pseudonymizer import Pseudonymizer

__all__ = [
    "ColumnChange",
    "KAnonymousExport",
    "PrivacyAccountant",
    "PrivateCounts",
    "Pseudonymizer",
    "Release",
    "k_anonymous",
    "limit_contributions",
    "private_gram",
    "private_popularity",
]
