"""The command ``benchmarks/compare.py``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recokit.datasets import load_movielens_1m_implicit

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "compare.py"


def run(*arguments, **environment):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=variables, timeout=300)


def refusal(*arguments, **environment):
    """Return the error message of an invalid request, a single line."""
    result = run(*arguments, **environment)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_an_unknown_data_set_is_refused_with_the_names_and_addresses_of_the_known_ones():
    line = refusal("--dataset", "movielens")
    for name in ("shop", "movielens-100k", "movielens-1m-implicit", "amazon-toys", "online-retail"):
        assert name in line
    assert "https://grouplens.org/datasets/movielens/100k/" in line


def test_a_missing_folder_is_refused_with_the_address_of_the_data(tmp_path):
    line = refusal("--dataset", "movielens-100k", "--data-dir", tmp_path / "nowhere")
    assert f"no folder {tmp_path / 'nowhere'}" in line
    assert "https://grouplens.org" in line


def test_a_folder_without_the_data_is_refused_whether_set_by_argument_or_environment(tmp_path):
    message = refusal("--dataset", "amazon-toys", "--data-dir", tmp_path)
    assert "Toys_and_Games.txt" in message
    assert refusal("--dataset", "amazon-toys", RECOKIT_DATA=tmp_path) == message


def test_an_unknown_algorithm_is_refused_with_the_known_ones():
    assert "expected one of Popularity, BiasBaseline, UserKNN" in refusal("--algorithms", "popularity", "SVM")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a data folder with five users and six items; item 0 is the most popular, followed by 1, 2, …"""
    root = tmp_path_factory.mktemp("data")
    (root / "ml-1m-implicit").mkdir()
    (root / "ml-1m-implicit" / "train.txt").write_text("0 0 1 2 3\n1 0 1 2\n2 0 1\n3 0 4\n4 5 0\n")
    (root / "ml-1m-implicit" / "test.txt").write_text("1 3\n2 3 2\n3 5\n")
    return root


@pytest.mark.slow
def test_the_table_states_its_protocol_and_matches_figures_calculated_by_hand(folder, tmp_path):
    arguments = ["--dataset", "movielens-1m-implicit", "--data-dir", folder, "--k", 2, "--threads", 1]
    result = run(*arguments, "--algorithms", "Popularity", "UserKNN()", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    assert load_movielens_1m_implicit(folder).description in result.stdout
    lines = [line for line in result.stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert any("**" in line for line in lines[2:])

    written = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    rows = {row["algorithm"]: row for row in written["tables"][0]["rows"]}
    popularity = rows["Popularity()"]
    # Lists of two: 3 4 for user 1, 2 3 for user 2, 1 2 for user 3, 4 5 for user 0 and 1 2 for user 4.
    assert popularity["precision"] == pytest.approx((1 / 2 + 2 / 2 + 0) / 3)
    assert popularity["recall"] == pytest.approx((1 + 1 + 0) / 3)
    assert popularity["ndcg"] == pytest.approx((1 + 1 + 0) / 3)
    assert popularity["reciprocal_rank"] == pytest.approx((1 + 1 + 0) / 3)
    assert popularity["coverage"] == pytest.approx(5 / 6)
    assert rows.keys() == {"Popularity()", "UserKNN()"}
    assert f"{popularity['precision']:.4f}" in result.stdout

    assert result.stdout.strip() in (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_without_matplotlib_the_other_files_are_written_and_a_message_names_the_extra(folder, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not installed')\n")
    arguments = ["--dataset", "movielens-1m-implicit", "--data-dir", folder, "--algorithms", "Popularity"]
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = run(*arguments, "--output", tmp_path / "results", PYTHONPATH=path)
    assert result.returncode == 0, result.stderr
    assert "pip install 'recokit[bench]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"comparison.md", "comparison.json"}


@pytest.mark.slow
def test_the_generated_shop_has_a_table_of_ratings_and_a_table_of_lists():
    result = run("--quick", "--algorithms", "TfidfRecommender")
    assert result.returncode == 0, result.stderr
    assert "## Predicted ratings" in result.stdout
    assert "## Recommended lists" in result.stdout
    assert result.stdout.count("| TfidfRecommender()") == 2
