from collections import defaultdict

import numpy as np
import pytest
from sklearn.utils import estimator_checks

from recokit import Recommender
from recokit.data._inputs import as_interactions
from recokit.testing import INAPPLICABLE_SKLEARN_CHECKS, all_recommenders

# Checks that cannot pass on scikit-learn's own data either, cut to two columns as (user, item) pairs.
INAPPLICABLE_TO_PAIRS = {
    "check_dtype_object": "uses a dictionary as an id",
    "check_estimators_dtypes": "repeats pairs",
    "check_estimators_empty_data_messages": "see recokit.testing",
    "check_estimators_nan_inf": "uses infinity as an id",
    "check_n_features_in_after_fitting": "expects scikit-learn's error message for one column in predict",
    "check_non_transformer_estimators_n_iter": "repeats pairs",
    "check_positive_only_tag_during_fit": "fits ten columns",
    "check_regressors_train": "expects training ratings to be fitted closely, unlike counts and averages of neighbours",
    "check_requires_y_none": "see recokit.testing",
    "check_supervised_y_2d": "expects ratings in a column to be flattened",
}


def subject(kind):
    """Return an estimator that scikit-learn can fit: with generated side information, and ratings as strengths."""
    has_side = kind._example_side.__func__ is not Recommender._example_side.__func__
    implicit = kind._supported_feedback == ("implicit",)
    if not has_side and not implicit:
        return kind()
    made = type(kind.__name__, (kind,), {"fit": adapted(kind.fit), "partial_fit": adapted(kind.partial_fit)})
    globals()[kind.__name__] = made  # pickle looks the class up here
    return made(feedback="implicit") if implicit else made()


def adapted(method):
    def call(self, X, y=None, **side):
        if self.feedback == "implicit":
            y = strengths(y)
        return method(self, X, y, **(side or self._example_side(as_interactions(X, y, self.feedback))))

    return call


def strengths(y):
    """Return absolute values if y is numeric, else y."""
    try:
        return np.abs(np.asarray(y, dtype=np.float64))
    except (TypeError, ValueError):
        return y


def failures(expected):
    """Run the checks on every recommender; return {check: {estimator: error}} and the names of all checks."""
    failed, names = defaultdict(dict), set()
    for kind in all_recommenders():
        for result in estimator_checks.check_estimator(
            subject(kind), expected_failed_checks=expected, on_fail=None, on_skip=None
        ):
            names.add(result["check_name"])
            if result["status"] in ("failed", "xfail"):
                failed[result["check_name"]][kind.__name__] = repr(result["exception"])
    return failed, names


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_pass_except_the_inapplicable_ones():
    failed, names = failures(INAPPLICABLE_SKLEARN_CHECKS)
    unexpected = {check: failed[check] for check in failed.keys() - INAPPLICABLE_SKLEARN_CHECKS.keys()}
    assert not unexpected
    assert len(names - failed.keys()) > 20
    stale = (INAPPLICABLE_SKLEARN_CHECKS.keys() & names) - failed.keys()
    assert not stale, "these checks pass; remove them from the exceptions"


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_pass_on_two_columns_except_the_ones_not_about_pairs(monkeypatch):
    def two_columns(estimator, X, **_):
        X = np.asarray(X)
        return X[:, :2].copy() if X.ndim == 2 and X.shape[1] > 2 else X

    monkeypatch.setattr(estimator_checks, "_enforce_estimator_tags_X", two_columns)
    failed, names = failures(INAPPLICABLE_TO_PAIRS)
    unexpected = {check: failed[check] for check in failed.keys() - INAPPLICABLE_TO_PAIRS.keys()}
    assert not unexpected
    assert "check_estimators_pickle" in names - failed.keys()
    stale = (INAPPLICABLE_TO_PAIRS.keys() & names) - failed.keys()
    assert not stale, "these checks pass; remove them from the exceptions"


def test_the_inapplicable_checks_are_sorted_and_have_reasons():
    assert list(INAPPLICABLE_SKLEARN_CHECKS) == sorted(INAPPLICABLE_SKLEARN_CHECKS)
    assert all(len(reason.split()) > 4 for reason in INAPPLICABLE_SKLEARN_CHECKS.values())
