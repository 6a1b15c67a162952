import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from recokit import DataError
from recokit._runtime.threads import Runner
from recokit.metrics import Evaluation, _resampling, compare, evaluate
from recokit.metrics._resampling import bootstrap_means, permutation_p_values
from recokit.metrics.comparison import adjust_by_holm, t_p_values
from tests.naive import metrics as naive

# Toy data often have no id in common, or lists shorter than the cut-off.
pytestmark = [
    pytest.mark.filterwarnings("ignore:none of the"),
    pytest.mark.filterwarnings("ignore:the lists contain at most"),
]


def evaluation(**per_user):
    """Return an evaluation with these values of the users."""
    arrays = {metric: np.asarray(values, dtype=np.float64) for metric, values in per_user.items()}
    users = np.arange(len(next(iter(arrays.values()))))
    return Evaluation({metric: float(values.mean()) for metric, values in arrays.items()}, users, arrays, 0, 0)


@given(st.lists(st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.2, 0.3, 1.0]), min_size=1, max_size=9))
def test_the_permutation_test_approximates_the_exact_test(differences):
    (estimate,) = permutation_p_values(np.array(differences)[:, None], 4999, 0, Runner())
    expected = naive.permutation_p_value(differences)
    # Four standard deviations of a share of 4,999 flips, and the observed flip.
    assert estimate == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 4999) + 1 / 5000)


def test_the_permutation_test_does_not_depend_on_threads_or_on_other_columns():
    differences = np.random.default_rng(0).normal(0.05, 1, (1500, 2))
    one, two = (permutation_p_values(differences, 999, 3, Runner(threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert permutation_p_values(differences[:, 1:], 999, 3, Runner()) == one[1]


@given(st.lists(st.sampled_from([0.001, 0.01, 0.02, 0.04, 0.3, 0.9]), min_size=1, max_size=6))
def test_holm_equals_the_naive_reference(p_values):
    assert adjust_by_holm(np.array(p_values)).tolist() == pytest.approx(naive.holm(p_values), rel=1e-12)


def test_holm_reproduces_a_worked_example():
    # 4 × 0.01, 3 × 0.015, then 0.045 again as 2 × 0.02 is less, then 0.3.
    assert adjust_by_holm(np.array([0.3, 0.015, 0.01, 0.02])).tolist() == pytest.approx([0.3, 0.045, 0.04, 0.045])


def test_the_t_test_equals_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.random(40), rng.random(40)
    (one,) = compare(evaluation(m=a), evaluation(m=b), test="t").differences
    assert one.p_value == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=1e-9)
    assert one.difference == pytest.approx(a.mean() - b.mean())


@given(arrays(np.float64, (6, 3), elements=st.sampled_from([-1.0, -0.5, 0.0, 0.25, 2.0])))
def test_the_t_test_equals_scipy_for_differences_of_every_sign(differences):
    found = t_p_values(differences)
    for column, p_value in zip(differences.T, found, strict=True):
        if np.ptp(column) > 0:
            assert p_value == pytest.approx(stats.ttest_1samp(column, 0).pvalue, rel=1e-9)
        else:
            assert p_value == float(column[0] == 0)


def test_flips_are_counted_over_all_blocks(monkeypatch):
    monkeypatch.setattr(_resampling, "_MAX_DRAWN", 12)
    assert permutation_p_values(np.zeros((6, 2)), 99, 0, Runner()).tolist() == [1, 1]
    values = np.arange(6.0)[:, None] - 1
    assert permutation_p_values(values, 99, 0, Runner()) == permutation_p_values(values, 99, 0, Runner())
    means = bootstrap_means(np.full((6, 1), 2.0), 99, 0, Runner())
    assert np.all(means == 2)


def test_both_tests_agree_on_many_users():
    rng = np.random.default_rng(0)
    a = rng.random(2000)
    b = a + rng.normal(0.01, 0.25, 2000)
    by = {
        test: compare(evaluation(m=a), evaluation(m=b), test=test).differences[0].p_value
        for test in ("t", "permutation")
    }
    assert by["permutation"] == pytest.approx(by["t"], abs=0.02)


@pytest.mark.parametrize("test", ["permutation", "t"])
def test_a_difference_of_0_has_a_p_value_of_1_and_a_constant_difference_the_lowest(test):
    a = np.linspace(0, 1, 30)
    result = compare(evaluation(same=a, other=a), evaluation(same=a, other=a + 0.5), test=test)
    same, other = result.differences
    assert (same.p_value, same.p_adjusted, same.difference) == (1, 1, 0)
    assert other.p_value <= 1e-4
    assert [one.metric for one in result.significant] == ["other"]


def test_the_family_wise_error_rate_is_at_most_alpha():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(200):
        values = rng.random((3, 50))
        evaluations = {name: evaluation(m=row) for name, row in zip("abc", values, strict=True)}
        found += bool(compare(evaluations, n_resamples=199, alpha=0.1).significant)
    assert found <= 36  # 20 expected at most; 3.7 standard deviations


def test_every_pair_is_compared_on_every_metric():
    rng = np.random.default_rng(0)
    evaluations = {name: evaluation(m=rng.random(9), n=rng.random(9)) for name in "abc"}
    result = compare(evaluations, n_resamples=99)
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    assert [one[:3] for one in result.differences] == [(metric, *pair) for pair in pairs for metric in ("m", "n")]
    for one in result.differences:
        means = evaluations[one.first][one.metric], evaluations[one.second][one.metric]
        assert one.difference == pytest.approx(means[0] - means[1])
        assert one.low < one.difference < one.high


def test_users_are_paired_by_their_ids():
    test = {"ann": ["a"], "bob": ["b"], "cy": ["c"]}
    first = evaluate({"ann": ["a"], "bob": ["b"], "cy": ["x"]}, test, "recall")
    second = evaluate({"cy": ["x"], "bob": ["b"], "ann": ["a"]}, test, "recall")
    (one,) = compare(first, second, n_resamples=99).differences
    assert (one.difference, one.low, one.high, one.p_value) == (0, 0, 0, 1)


def test_evaluations_of_different_users_are_refused():
    with pytest.raises(DataError, match="first and second are evaluations of different users"):
        compare({"first": evaluation(m=[1, 0]), "second": evaluation(m=[1, 0, 1])})


def test_one_evaluation_is_refused():
    with pytest.raises(ValueError, match="needs two evaluations"):
        compare(evaluation(m=[1, 0]))


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        (([evaluation(m=[1, 0]), evaluation(m=[0, 1])],), "got list"),
        ((None,), "got NoneType"),
        ((evaluation(m=[1, 0]), {"m": 0.5}), "got dict"),
        (({"first": evaluation(m=[1, 0]), "second": 0.5},), "got float"),
        (({"first": evaluation(m=[1, 0])}, evaluation(m=[0, 1])), "got a mapping and another evaluation"),
    ],
)
def test_the_error_about_invalid_evaluations_shows_the_expected_call(arguments, got):
    with pytest.raises(TypeError, match=rf"compare\({{name: evaluation, …}}\); {got}$"):
        compare(*arguments)


@pytest.mark.parametrize("metrics", [["n"], ["m", "coverage"], []])
def test_a_metric_missing_from_an_evaluation_is_refused(metrics):
    with pytest.raises(ValueError, match="in all evaluations: \\['m'\\]"):
        compare(evaluation(m=[1, 0]), evaluation(m=[1, 0], n=[1, 0]), metrics=metrics)


@pytest.mark.parametrize("test", ["t", "permutation"])
def test_a_comparison_on_one_user_is_refused(test):
    with pytest.raises(DataError, match=r"1 user\(s\) with a value of m in both a and b: expected two or more"):
        compare(evaluation(m=[1]), evaluation(m=[0]), test=test)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_resamples": -5}, "n_resamples=-5: expected an integer of at least 1"),
        ({"n_resamples": 0}, "n_resamples=0"),
        ({"n_resamples": 9.5}, "n_resamples=9.5"),
        ({"alpha": 0}, "alpha=0: expected a number between 0 and 1"),
        ({"alpha": 5}, "alpha=5"),
        ({"alpha": float("nan")}, "alpha=nan"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        compare(evaluation(m=[1, 0]), evaluation(m=[0, 0]), **options)


def test_too_few_resamples_for_any_significant_difference_raise_a_warning():
    a = np.linspace(0, 1, 30)
    first, second = evaluation(m=a, n=a), evaluation(m=a + 1, n=a + 1)
    with pytest.warns(
        UserWarning, match=r"no adjusted p-value is below 0.1, and alpha=0.05; use n_resamples=39 or more"
    ):
        assert compare(first, second, n_resamples=19).significant == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(compare(first, second, n_resamples=39).significant) == 2
        compare(first, second, n_resamples=19, test="t")


def test_an_unknown_test_is_refused():
    with pytest.raises(ValueError, match="test='z'"):
        compare(evaluation(m=[1, 0]), evaluation(m=[1, 1]), test="z")


def test_text_and_frame_show_the_differences():
    a = np.linspace(0, 0.5, 30)
    result = compare({"knn": evaluation(m=a), "mf": evaluation(m=a + 0.25)}, metrics="m")
    assert str(result).startswith("30 users, 1 comparison; 95% intervals, p adjusted by Holm's method\n")
    assert "\nm: knn − mf = -0.2500 [-0.2500, -0.2500]" in str(result)
    assert str(result).endswith("knn is lower")
    assert repr(result) == "Comparison(n_differences=1, n_significant=1)"
    assert result.to_frame("polars").rows()[0] == tuple(result.differences[0])


def test_a_notebook_shows_the_differences_and_their_verdicts():
    a = np.linspace(0, 0.5, 30)
    html = compare({"<knn>": evaluation(m=a), "mf": evaluation(m=a + 0.25)}, metrics="m")._repr_html_()
    assert "30 users, 1 comparison; 95% intervals" in html
    cells = re.findall("<td[^>]*>([^<]*)</td>", html)
    assert cells[:6] == ["m", "&lt;knn&gt;", "mf", "-0.2500", "-0.2500", "-0.2500"]
    assert cells[-1] == "&lt;knn&gt; is lower"
