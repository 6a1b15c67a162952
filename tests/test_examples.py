import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"


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
