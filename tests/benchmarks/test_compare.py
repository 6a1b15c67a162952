"""The comparison as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "compare.py"


def run(*arguments, **environment):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=variables, timeout=300)


def refusal(*arguments, **environment):
    """Return the one line that a refused request gets."""
    result = run(*arguments, **environment)
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_a_wrong_name_gets_one_line_that_says_what_there_is_and_where():
    line = refusal("--dataset", "movielens")
    for name in ("shop", "movielens-100k", "movielens-1m-implicit", "amazon-toys", "online-retail"):
        assert name in line
    assert "https://grouplens.org/datasets/movielens/100k/" in line


def test_a_wrong_folder_gets_one_line_with_the_address_of_the_data(tmp_path):
    line = refusal("--dataset", "movielens-100k", "--data-dir", tmp_path / "nowhere")
    assert f"no folder {tmp_path / 'nowhere'}" in line
    assert "https://grouplens.org" in line


def test_a_folder_without_the_data_gets_one_line_whether_argument_or_environment_names_it(tmp_path):
    asked = refusal("--dataset", "amazon-toys", "--data-dir", tmp_path)
    assert "no file Toys_and_Games.txt" in asked
    assert refusal("--dataset", "amazon-toys", RECOKIT_DATA=tmp_path) == asked


def test_a_wrong_algorithm_gets_one_line_that_lists_them():
    assert "there are Popularity, BiasBaseline, UserKNN" in refusal("--algorithms", "popularity", "SVM")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a data folder with five users, items 0 … 5, of which 0 is the most popular, then 1, then 2 …"""
    root = tmp_path_factory.mktemp("data")
    (root / "ml-1m-implicit").mkdir()
    (root / "ml-1m-implicit" / "train.txt").write_text("0 0 1 2 3\n1 0 1 2\n2 0 1\n3 0 4\n4 5 0\n")
    (root / "ml-1m-implicit" / "test.txt").write_text("1 3\n2 3 2\n3 5\n")
    return root


@pytest.mark.slow
def test_the_table_states_its_protocol_and_has_the_figures_that_hand_calculation_gives(folder, tmp_path):
    arguments = ["--dataset", "movielens-1m-implicit", "--data-dir", folder, "--k", 2, "--threads", 1]
    result = run(*arguments, "--algorithms", "Popularity", "UserKNN()", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    assert "13 interactions of 5 users with 6 items to learn from" in result.stdout
    lines = [line for line in result.stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert any("**" in line for line in lines[2:])

    written = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    rows = {row["algorithm"]: row for row in written["tables"][0]["rows"]}
    popularity = rows["Popularity()"]
    # Lists of two: user 1 gets 3 4, user 2 gets 2 3, user 3 gets 1 2; users 0 and 4 get 4 5 and 1 2.
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
def test_without_matplotlib_the_rest_is_written_and_the_message_says_what_to_install(folder, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')\n")
    arguments = ["--dataset", "movielens-1m-implicit", "--data-dir", folder, "--algorithms", "Popularity"]
    result = run(*arguments, "--output", tmp_path / "results", PYTHONPATH=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "pip install 'recokit[bench]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"comparison.md", "comparison.json"}


@pytest.mark.slow
def test_ratings_and_lists_of_the_generated_shop_are_two_tables():
    result = run("--quick", "--algorithms", "TfidfRecommender")
    assert result.returncode == 0, result.stderr
    assert "## Predicted ratings" in result.stdout
    assert "## Recommended lists" in result.stdout
    assert result.stdout.count("| TfidfRecommender()") == 2
