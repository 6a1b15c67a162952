import subprocess
import sys

import pandas as pd
import polars as pl
import pytest

from recokit import DataError, EventLog

LINES = {
    "user_id": ["ann", "bob", "ann", None],
    "item_id": [3, 1, 2, 3],
    "timestamp": pd.to_datetime(["2024-05-02", "2024-05-01", "2024-05-03", "2024-05-03"]),
    "unused": [1, 2, 3, 4],
}


@pytest.mark.parametrize("batch_rows", [1, 3, 100])
def test_files_are_read_in_batches(tmp_path, batch_rows):
    frame = pd.DataFrame(LINES)
    frame.iloc[:2].to_parquet(tmp_path / "a.parquet")
    frame.iloc[2:].to_parquet(tmp_path / "b.parquet")
    whole = EventLog.from_frame(frame)
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    assert EventLog.from_parquet(tmp_path, batch_rows=batch_rows).equals(whole)
    assert EventLog.from_parquet(files, batch_rows=batch_rows).equals(whole)
    part = EventLog.from_parquet(files[0], user="item_id", item="unused")
    assert list(part.users) == [1, 3]


def test_chunks_of_csv_files_are_read(tmp_path):
    pd.DataFrame(LINES).to_csv(tmp_path / "log.csv", index=False)
    log = EventLog.from_frame(pd.read_csv(tmp_path / "log.csv", chunksize=2))
    assert log.equals(EventLog.from_frame(LINES))
    assert EventLog.from_frame(pl.scan_csv(tmp_path / "log.csv")).equals(log)


def test_missing_files_and_columns_are_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        EventLog.from_parquet(tmp_path / "none.parquet")
    pd.DataFrame({"CustomerID": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="no column 'user_id'; the columns are 'CustomerID'"):
        EventLog.from_parquet(tmp_path)
    with pytest.raises(ValueError, match="batch_rows=0"):
        EventLog.from_parquet(tmp_path, batch_rows=0)


def test_a_missing_pyarrow_is_named():
    code = """
        import sys
        sys.modules["pyarrow"] = None
        from recokit import EventLog
        try:
            EventLog.from_parquet("log.parquet")
        except ImportError as error:
            print(error)
    """
    import textwrap

    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "EventLog.from_parquet needs pyarrow: pip install pyarrow"
