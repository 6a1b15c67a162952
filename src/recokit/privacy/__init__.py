"""Pseudonyms, anonymous exports, and statistics with differential privacy.

The guide explains what each tool guarantees, and what not.
"""

from recokit.privacy.accountant import PrivacyAccountant, Release
from recokit.privacy.contributions import limit_contributions
from recokit.privacy.counts import PrivateCounts, private_popularity
from recokit.privacy.gram import private_gram

__all__ = [
    "PrivacyAccountant",
    "PrivateCounts",
    "Release",
    "limit_contributions",
    "private_gram",
    "private_popularity",
]
