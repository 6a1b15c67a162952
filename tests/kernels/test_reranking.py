"""The property tests of rerank, which run here with the kernels as plain Python and with bounds checks too."""

import pytest

from recokit._runtime.small_work import preferring_kernels
from tests.reranking.test_rerank import (  # noqa: F401
    test_a_quota_holds_wherever_a_list_within_the_limits_can_satisfy_it,
    test_each_rule_chooses_the_expected_items,
    test_lists_equal_those_of_the_naive_reference,
)


@pytest.fixture(autouse=True)
def _compiled():
    with preferring_kernels():
        yield
