"""The property tests of cleaning rules, which run here with the kernels as plain Python and with bounds checks too."""

from tests.preprocessing.cleaning.test_rules import (  # noqa: F401
    test_drop_duplicates_keeps_the_first_of_equal_rows_within_the_window,
    test_net_returns_takes_the_latest_earlier_purchases,
    test_the_k_core_is_the_fixed_point,
)
