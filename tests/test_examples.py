import doctest
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import recokit

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.mark.slow
def test_the_optuna_example_prunes_trials_and_finds_the_best_settings():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    text = (EXAMPLES / "optuna.rst").read_text(encoding="utf-8")
    (block,) = re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", text)
    source = "\n".join(line[3:] for line in block.splitlines())
    names: dict = {}
    with redirect_stdout(io.StringIO()) as printed:
        exec(source, names)  # the example from the documentation
    states = [trial.state.name for trial in names["study"].trials]
    assert set(states) == {"COMPLETE", "PRUNED"}
    complete = [trial.value for trial in names["study"].trials if trial.state.name == "COMPLETE"]
    assert names["study"].best_value == min(complete)
    assert len(names["best"].history_["training_rmse"]) == 16
    assert float(printed.getvalue().split()[-1]) < names["test"].values.std()


INVOICES = (EXAMPLES / "online_retail.rst").read_text(encoding="utf-8")
MAX_LINES = 20  # of the job, without imports


def code(text):
    """Return the code of the examples in a text, without the statements that print."""
    examples = doctest.DocTestParser().get_examples(text)
    return "".join(one.source for one in examples if not one.source.startswith("print"))


DATA, REST = INVOICES.split("The job\n-------\n")
JOB = code(REST.split("The report shows")[0])


def finished_job(names, folder):
    """Run the job on the raw lines in ``names``, check its results, and return all names."""
    exec(JOB, names)  # the code of the documentation
    assert len(names["lists"]) == names["split"].test.n_users
    assert "Champions" in names["result"].groups
    assert str(names["titles"][names["best"]]) in str(names["why"])
    assert (folder / "neighbours.png").stat().st_size > 1_000
    again = recokit.load(folder / "shop.recokit").recommend([names["user"]], n=10)
    assert again.items[0, 0] == names["best"]
    return names


def test_the_job_from_raw_invoice_lines_has_at_most_20_lines_beyond_imports():
    lines = [line for line in JOB.splitlines() if not line.startswith(("from ", "import "))]
    assert 10 < len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= 88 - len(">>> ")
    assert not any(";" in line for line in lines)


@pytest.mark.slow
def test_the_job_runs_on_generated_invoice_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code(DATA), names)
    assert finished_job(names, tmp_path)["report"]["DropItems"].events > 0


@pytest.mark.slow
@pytest.mark.data
def test_the_job_removes_exactly_the_lines_added_to_online_retail(data_dir, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.chdir(tmp_path)
    from _common.raw_retail import COLUMNS, add_raw_lines, read_online_retail

    columns = [*COLUMNS, "Description"]
    raw, added = add_raw_lines(read_online_retail(data_dir, columns), random_state=1)
    names = finished_job({"lines": raw}, tmp_path)
    report = names["report"]
    assert report["DropMissing"].events == added.anonymous
    assert report["DropItems"].events == added.services
    status = report.details("NetReturns")["status"].value_counts().to_dict()
    assert status == {"netted": added.cancellations, "without purchase": added.orphans}
    assert not any(str(order).startswith("C") for order in names["log"].orders)
    assert names["result"]["ndcg@10"] > 0.05
