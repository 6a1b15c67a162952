import numpy as np
import pytest

from recokit.metrics import Metric, evaluate
from recokit.metrics._metric import ALIASES, DENOMINATORS, GAINS, REGISTRY, Definition, ListMeasure


def metrics():
    for name, definition in REGISTRY.items():
        for denominator in DENOMINATORS if definition.denominator else [None]:
            for gain in GAINS if definition.gain else [None]:
                for k in (None, 1, 20):
                    if denominator != "k" or gain in (None, "binary"):
                        yield Metric(name, k, denominator, gain)


@pytest.mark.parametrize("metric", list(metrics()), ids=str)
def test_parse_inverts_str_for_every_metric(metric):
    assert Metric.parse(str(metric)) == metric
    assert Metric.parse(metric) is metric


def test_spaces_are_allowed():
    assert Metric.parse(" ndcg@5( gain = linear , denominator=relevant ) ") == Metric("ndcg", 5, "relevant", "linear")


@pytest.mark.parametrize(("alias", "name"), list(ALIASES.items()))
def test_an_alias_is_parsed_to_its_metric(alias, name):
    assert Metric.parse(f"{alias}@3") == Metric(name, 3)


def test_the_text_contains_only_conventions_other_than_the_default():
    assert str(Metric("precision", 5, "k")) == "precision@5"
    assert str(Metric("precision", 5, "min")) == "precision@5(denominator=min)"


def test_a_cut_off_can_be_a_numpy_integer():
    assert Metric("ndcg", np.int32(5)) == Metric("ndcg", 5)


def test_the_error_about_an_unknown_name_lists_all_names():
    with pytest.raises(ValueError, match="unknown metric 'ndgc'") as raised:
        Metric.parse("ndgc@10")
    assert all(name in str(raised.value) for name in [*REGISTRY, *ALIASES])


@pytest.mark.parametrize(
    "text", ["", "ndcg@", "ndcg@x", "ndcg@-1", "ndcg 10", "ndcg@1.5", "ndcg@10(", "ndcg@10)", "@10", None, 5]
)
def test_the_error_about_an_invalid_metric_shows_examples(text):
    with pytest.raises(ValueError, match=r"invalid metric .*'ndcg@10'"):
        Metric.parse(text)


@pytest.mark.parametrize("option", ["gain", "gain=", "k=3", "gain=linear,gain=binary"])
def test_an_invalid_option_is_refused(option):
    with pytest.raises(ValueError, match=r"invalid option .*expected denominator"):
        Metric.parse(f"ndcg@10({option})")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ndcg", 0), "cut-off k of at least 1, .* got 0"),
        (("ndcg", 2.5), "cut-off"),
        (("ndcg", 2.0), "at least 1, or None for whole lists, got 2.0"),
        (("ndcg", "2"), "at least 1, or None for whole lists, got '2'"),
        (("ndcg", True), "cut-off"),
        (("ndcg", 10, "max"), "denominator='max': expected one of k, relevant, min"),
        (("ndcg", 10, None, "cubic"), "gain='cubic': expected one of binary, linear, exponential"),
        (("ndcg", 10, "k", "linear"), "needs gain='binary'"),
        (("hit_rate", 10, "k"), "hit_rate has no parameter denominator"),
        (("recall", 10, None, "linear"), "recall has no parameter gain"),
    ],
)
def test_an_invalid_cut_off_or_convention_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Metric(*arguments)


def test_names_may_be_written_in_upper_case():
    assert Metric.parse("NDCG@10") == Metric("ndcg", 10)
    assert str(Metric.parse("MAP@5(denominator=min)")) == "average_precision@5(denominator=min)"
    assert evaluate([["a", "b"]], [["b"]], ["MRR", "Recall@1"]).means == {"MRR": 0.5, "Recall@1": 0.0}
    with pytest.raises(ValueError, match="unknown metric 'ndgc'"):
        Metric.parse("NDGC")


def test_one_entry_in_the_registry_adds_a_metric(monkeypatch):
    def list_length(lists, k, context):
        return np.minimum(lists.counts, k or lists.counts.max()).astype(float)

    monkeypatch.setitem(REGISTRY, "list_length", Definition(ListMeasure(list_length), lower_is_better=True))
    result = evaluate([["a", "b", "c"], ["a"]], [["a"], ["a"]], ["list_length@2", "recall", "list_length"])
    assert result.means == {"list_length@2": 1.5, "recall": 1.0, "list_length": 2.0}
    assert result.lower_is_better == {"list_length@2", "list_length"}
