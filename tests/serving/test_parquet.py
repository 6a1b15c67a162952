"""Recommendations written to a Parquet file in batches."""

import builtins
import json
import subprocess
import sys

import numpy as np
import pytest

from recokit import DataError, Interactions, ItemKNN, Recommendations
from recokit.serving import write_parquet

pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def model():
    """Return a model of 300 users and 40 items."""
    rng = np.random.default_rng(0)
    users, items = (
        [f"u{user}" for user in rng.integers(0, 300, 3000)],
        [f"i{item}" for item in rng.integers(0, 40, 3000)],
    )
    return ItemKNN(5).fit(Interactions.from_arrays(users, items, duplicates="sum", feedback="implicit"))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_a_file_written_in_batches_holds_the_lists_of_one_call(model, batch_size, tmp_path):
    n_rows = write_parquet(model.iter_recommend(n=4, batch_size=batch_size), tmp_path / "lists.parquet")
    written = pq.read_table(tmp_path / "lists.parquet")
    expected = model.recommend(n=4).to_frame("pyarrow")
    assert n_rows == len(expected)
    assert written.drop_columns("is_filler").to_pydict() == expected.to_pydict()
    assert not any(written["is_filler"].to_pylist())


def test_row_groups_have_the_least_number_of_rows(model, tmp_path):
    write_parquet(model.iter_recommend(n=4, batch_size=10), tmp_path / "lists.parquet", rows_per_group=100)
    file = pq.ParquetFile(tmp_path / "lists.parquet")
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    assert len(sizes) > 5
    assert all(100 <= size < 140 for size in sizes[:-1])


def test_fillers_are_marked_in_every_batch(model, tmp_path):
    lists = model.iter_recommend(n=40, batch_size=50, fill="popular")
    write_parquet(lists, tmp_path / "lists.parquet")
    expected = model.recommend(n=40, fill="popular").to_frame("pyarrow")
    assert pq.read_table(tmp_path / "lists.parquet").to_pydict() == expected.to_pydict()


def test_batches_without_rows_are_skipped_and_only_such_batches_give_an_empty_file(tmp_path):
    empty = Recommendations(users=[1], items=[[0]], counts=[0])
    full = Recommendations(users=[2, 3], items=[[5], [6]])
    assert write_parquet([empty, full, empty], tmp_path / "some.parquet") == 2
    assert pq.read_table(tmp_path / "some.parquet")["item_id"].to_pylist() == [5, 6]
    assert write_parquet([empty, empty], tmp_path / "none.parquet") == 0
    assert pq.read_table(tmp_path / "none.parquet").column_names == ["user_id", "item_id", "rank", "score", "is_filler"]


def test_an_error_keeps_the_existing_file_and_leaves_no_other(model, tmp_path):
    path = tmp_path / "lists.parquet"
    write_parquet(model.iter_recommend(n=2), path)
    before = path.read_bytes()

    def broken():
        yield model.recommend(n=3)
        raise RuntimeError("the source failed")

    with pytest.raises(RuntimeError, match="the source failed"):
        write_parquet(broken(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_batches_are_refused(tmp_path):
    numbers, texts = (Recommendations(users=[user], items=[[item]]) for user, item in ((1, 2), ("a", "b")))
    with pytest.raises(DataError, match=r"user_id \(int64\).*another batch has.*write ids of one kind"):
        write_parquet([numbers, texts], tmp_path / "lists.parquet")
    with pytest.raises(DataError, match="no batches"):
        write_parquet([], tmp_path / "lists.parquet")
    with pytest.raises(TypeError, match="got dict"):
        write_parquet([{}], tmp_path / "lists.parquet")
    with pytest.raises(ValueError, match="rows_per_group=0"):
        write_parquet([numbers], tmp_path / "lists.parquet", rows_per_group=0)
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_the_message_names_the_extra(monkeypatch, tmp_path):
    real = builtins.__import__

    def fail(name, *arguments, **options):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ImportError, match=r"recokit\[data\]"):
        write_parquet([], tmp_path / "lists.parquet")


_WRITE = """
import json, sys
sys.path.append("benchmarks")
import parquet
print(json.dumps(parquet.curve(int(sys.argv[1]), 2, 20_000)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the exact peak is known on Linux only")
def test_the_memory_does_not_grow_with_the_number_of_users():
    done = subprocess.run([sys.executable, "-c", _WRITE, "2000000"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    grown = [point["grown"] for point in json.loads(done.stdout.splitlines()[-1])]
    assert len(grown) >= 4
    assert max(grown) - grown[len(grown) // 4] < 8e6
