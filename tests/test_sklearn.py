from collections import defaultdict

import numpy as np
import pytest
from sklearn.utils import estimator_checks

from recokit import Recommender
from recokit.data._inputs import as_interactions
from recokit.testing import INAPPLICABLE_SKLEARN_CHECKS, all_recommenders

# What still cannot hold where scikit-learn's own data are cut to two columns, as pairs of user and item.
INAPPLICABLE_TO_PAIRS = {
    "check_dtype_object": "makes a dictionary an id",
    "check_estimators_dtypes": "repeats pairs",
    "check_estimators_empty_data_messages": "see recokit.testing",
    "check_estimators_nan_inf": "makes infinity an id",
    "check_n_features_in_after_fitting": "wants scikit-learn's words where predict refuses one column",
    "check_non_transformer_estimators_n_iter": "repeats pairs",
    "check_positive_only_tag_during_fit": "fits ten columns",
    "check_regressors_train": "wants ratings learned by heart, which counts and averages of neighbours are not",
    "check_requires_y_none": "see recokit.testing",
    "check_supervised_y_2d": "wants ratings in a column guessed to be meant as one dimension",
}


def subject(kind):
    """Return an estimator that scikit-learn can fit: it makes up side information, and takes ratings as strengths."""
    has_side = kind._example_side.__func__ is not Recommender._example_side.__func__
    implicit = kind._supported_feedback == ("implicit",)
    if not has_side and not implicit:
        return kind()
    made = type(kind.__name__, (kind,), {"fit": adapted(kind.fit), "partial_fit": adapted(kind.partial_fit)})
    globals()[kind.__name__] = made  # where pickle looks for it
    return made(feedback="implicit") if implicit else made()


def adapted(method):
    def call(self, X, y=None, **side):
        if self.feedback == "implicit":
            y = strengths(y)
        return method(self, X, y, **(side or self._example_side(as_interactions(X, y, self.feedback))))

    return call


def strengths(y):
    """Return absolute values, of what has them."""
    try:
        return np.abs(np.asarray(y, dtype=np.float64))
    except (TypeError, ValueError):
        return y


def failures(expected):
    """Return {check: {estimator: what it raised}} and the names of all checks, having run them on every recommender."""
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
def test_the_checks_of_scikit_learn_pass_but_for_those_that_cannot_apply():
    failed, names = failures(INAPPLICABLE_SKLEARN_CHECKS)
    unexpected = {check: failed[check] for check in failed.keys() - INAPPLICABLE_SKLEARN_CHECKS.keys()}
    assert not unexpected
    assert len(names - failed.keys()) > 20
    stale = (INAPPLICABLE_SKLEARN_CHECKS.keys() & names) - failed.keys()
    assert not stale, "these pass and need no exception"


@pytest.mark.filterwarnings("ignore")
def test_they_pass_on_data_of_two_columns_but_for_those_that_are_not_about_pairs(monkeypatch):
    def two_columns(estimator, X, **_):
        X = np.asarray(X)
        return X[:, :2].copy() if X.ndim == 2 and X.shape[1] > 2 else X

    monkeypatch.setattr(estimator_checks, "_enforce_estimator_tags_X", two_columns)
    failed, names = failures(INAPPLICABLE_TO_PAIRS)
    unexpected = {check: failed[check] for check in failed.keys() - INAPPLICABLE_TO_PAIRS.keys()}
    assert not unexpected
    assert "check_estimators_pickle" in names - failed.keys()
    assert not (INAPPLICABLE_TO_PAIRS.keys() & names) - failed.keys(), "these pass and need no exception"


def test_the_reasons_are_sorted_sentences():
    assert list(INAPPLICABLE_SKLEARN_CHECKS) == sorted(INAPPLICABLE_SKLEARN_CHECKS)
    assert all(len(reason.split()) > 4 for reason in INAPPLICABLE_SKLEARN_CHECKS.values())
