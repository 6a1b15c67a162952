import doctest
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.mark.slow
def test_the_optuna_example_prunes_trials_and_finds_the_best_settings():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    text = (EXAMPLES / "optuna.rst").read_text(encoding="utf-8")
    (block,) = re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", text)
    code = "\n".join(line[3:] for line in block.splitlines())
    names: dict = {}
    with redirect_stdout(io.StringIO()) as printed:
        exec(code, names)  # the example from the documentation
    states = [trial.state.name for trial in names["study"].trials]
    assert set(states) == {"COMPLETE", "PRUNED"}
    complete = [trial.value for trial in names["study"].trials if trial.state.name == "COMPLETE"]
    assert names["study"].best_value == min(complete)
    assert len(names["best"].history_["training_rmse"]) == 16
    assert float(printed.getvalue().split()[-1]) < names["test"].values.std()


JOB = "The job\n-------"


def job(text):
    """Return the code of the job in the example of invoice lines, without the statements that print."""
    examples = doctest.DocTestParser().get_examples(text[text.index(JOB) :])
    return "".join(one.source for one in examples if not one.source.startswith("print"))


def test_the_job_from_raw_invoice_lines_has_at_most_15_lines():
    text = (EXAMPLES / "online_retail.rst").read_text(encoding="utf-8")
    assert 10 < len(job(text).splitlines()) <= 15


@pytest.mark.slow
@pytest.mark.data
def test_the_job_removes_exactly_the_lines_added_to_online_retail(data_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from _common.raw_retail import add_raw_lines, read_online_retail

    clean = read_online_retail(data_dir)
    raw, added = add_raw_lines(clean, random_state=1)
    names: dict = {"lines": raw}
    exec(job((EXAMPLES / "online_retail.rst").read_text(encoding="utf-8")), names)  # the code of the documentation
    report = names["report"]
    assert report["DropMissing"].events == added.anonymous
    assert report["DropItems"].events == added.services
    status = report.details("NetReturns")["status"].value_counts().to_dict()
    assert status == {"netted": added.cancellations, "without purchase": added.orphans}
    assert not any(str(order).startswith("C") for order in names["log"].orders)
    assert len(names["lists"]) == names["split"].test.n_users
    assert names["result"]["ndcg@10"] > 0.05
    assert "Champions" in names["result"].groups
