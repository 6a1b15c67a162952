"""Stored blocks that claim more features than their values can have."""

import numpy as np
import pytest
from scipy import sparse

from recokit.content._stored import check_block


def state(n_features):
    matrix = sparse.csr_array((np.ones(2, np.float32), [0, 1], [0, 1, 2]), shape=(2, n_features))
    text = np.dtypes.StringDType()
    return {
        "name": "price",
        "kind": "number",
        "matrix": matrix,
        "labels": np.empty(0, dtype=text),
        "idf": np.empty(0),
        "column": np.zeros(2),
        "sources": np.empty((0, 0), dtype=np.float32),
    }


def test_a_block_without_labels_may_not_claim_millions_of_features():
    check_block(state(50))
    with pytest.raises(ValueError, match="1000000 features without labels for 2 values"):
        check_block(state(1_000_000))
