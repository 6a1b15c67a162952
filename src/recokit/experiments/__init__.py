"""Experiments: A/B tests, off-policy evaluation and rates of visitors and buyers.

- A/B tests: `uplift` estimates the effect of a treatment, `sample_size` the number of visitors that a test needs.
- Off-policy evaluation: `ips`, `snips` and `doubly_robust` estimate the reward of a policy from the log of another one.
- Rates: `conversion_rate` and `repeat_purchase_rate`.
"""

from recokit.experiments.ab_test import Uplift, sample_size, uplift
from recokit.experiments.off_policy import PolicyValue, doubly_robust, ips, snips
from recokit.experiments.rates import conversion_rate, repeat_purchase_rate

__all__ = [
    "PolicyValue",
    "Uplift",
    "conversion_rate",
    "doubly_robust",
    "ips",
    "repeat_purchase_rate",
    "sample_size",
    "snips",
    "uplift",
]
