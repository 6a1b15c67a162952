"""The search for published data sets, and the errors if they are missing."""

import re

import pytest

from recokit import datasets


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch):
    monkeypatch.delenv("RECOKIT_DATA", raising=False)


READERS = {
    "movielens-100k": datasets.load_movielens_100k,
    "movielens-latest-small": datasets.load_movielens_latest_small,
    "movielens-1m-implicit": datasets.load_movielens_1m_implicit,
    "amazon-toys": datasets.load_amazon_toys,
    "online-retail": datasets.load_online_retail,
    "ta-feng": datasets.load_ta_feng,
    "yoochoose-100k": datasets.load_yoochoose_100k,
}


def test_every_source_has_a_reader():
    assert READERS.keys() == datasets.SOURCES.keys()


@pytest.mark.parametrize("name", READERS)
def test_without_a_folder_the_error_is_one_line_with_the_address_of_the_data(name):
    with pytest.raises(FileNotFoundError, match="RECOKIT_DATA") as caught:
        READERS[name]()
    assert datasets.SOURCES[name].url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", READERS)
def test_the_error_names_the_missing_file_and_the_folder(name, tmp_path):
    with pytest.raises(datasets.DatasetNotFoundError, match=re.escape(str(tmp_path))) as caught:
        READERS[name](tmp_path)
    assert datasets.SOURCES[name].files[0] in str(caught.value)


def test_the_error_names_the_available_data_sets(tmp_path):
    (tmp_path / "ml-1m-implicit").mkdir()
    for file in ("train.txt", "test.txt"):
        (tmp_path / "ml-1m-implicit" / file).write_text("0 1 2\n")
    assert datasets.available(tmp_path) == ["movielens-1m-implicit"]
    with pytest.raises(datasets.DatasetNotFoundError, match=r"data sets found in .*: movielens-1m-implicit\)"):
        datasets.load_amazon_toys(tmp_path)


def test_the_error_names_a_folder_that_does_not_exist(tmp_path):
    assert datasets.available(tmp_path / "nowhere") == []
    with pytest.raises(datasets.DatasetNotFoundError, match=r"the data folder .*nowhere' does not exist"):
        datasets.load_online_retail(tmp_path / "nowhere")


def test_the_folder_can_be_set_in_the_environment(tmp_path, monkeypatch):
    (tmp_path / "ml-1m-implicit").mkdir()
    (tmp_path / "ml-1m-implicit" / "train.txt").write_text("0 1 2\n")
    (tmp_path / "ml-1m-implicit" / "test.txt").write_text("0 3\n")
    monkeypatch.setenv("RECOKIT_DATA", str(tmp_path))
    assert datasets.load_movielens_1m_implicit().train.n_interactions == 2
