import json
import logging
import os
import subprocess
import sys
import threading
import time

import pytest

import recokit
from recokit import ModelFormatError
from recokit.serving import ModelStore

PAIRS = [("ann", "tea"), ("bob", "tea"), ("bob", "cup")]


@pytest.fixture
def model():
    return recokit.Popularity().fit(PAIRS)


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "store")


def other(item):
    return recokit.Popularity().fit([*PAIRS, ("bob", item), ("eve", item), ("joe", item)])


def best(model):
    return model.recommend("ann")["ann"][0][0]


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "the condition did not become true within 20 s"
        time.sleep(0.01)


def test_the_published_model_is_current_and_numbers_ascend(store, model):
    assert store.current_version is None
    assert store.versions() == []
    assert [store.publish(model), store.publish(other("pot"))] == [1, 2]
    assert store.versions() == [1, 2]
    assert (store.current_version, best(store.current())) == (2, "pot")
    assert best(store.load(1)) == "cup"


def test_old_versions_are_deleted_but_never_the_current_one(tmp_path, model):
    store = ModelStore(tmp_path, keep=2)
    for _ in range(4):
        store.publish(model)
    assert store.versions() == [3, 4]
    assert sorted(os.listdir(tmp_path)) == ["current.json", "model-00000003.recokit", "model-00000004.recokit"]


def test_rollback_returns_to_the_version_before_and_the_next_number_is_new(store, model):
    for item in ("pot", "jug", "mug"):
        store.publish(other(item))
    assert store.rollback() == 2
    assert best(store.current()) == "jug"
    assert store.rollback() == 1
    with pytest.raises(FileNotFoundError, match=r"no version before the current one \(1\); stored: \[1, 2, 3\]"):
        store.rollback()
    assert store.rollback(3) == 3
    store.rollback(1)
    assert store.publish(model) == 4


def test_a_rolled_back_version_survives_later_publications_while_it_is_current(tmp_path, model):
    store = ModelStore(tmp_path, keep=1)
    store.publish(model)
    assert store.publish(model) == 2
    assert store.versions() == [2]


def test_a_killed_publisher_leaves_the_old_model_current(store, model, tmp_path):
    store.publish(model)
    code = (
        "import os, sys, recokit\nfrom recokit.serving import ModelStore\n"
        "class Killed:\n    def save(self, path):\n        open(path, 'wb').write(b'half')\n        os._exit(9)\n"
        "ModelStore(sys.argv[1]).publish(Killed())"
    )
    process = subprocess.run([sys.executable, "-c", code, str(store.folder)], timeout=120)
    assert process.returncode == 9
    assert (store.versions(), store.current_version, best(store.current())) == ([1], 1, "cup")


def test_a_number_reserved_by_a_killed_publisher_is_skipped(store, model):
    store.publish(model)
    (store.folder / "model-00000002.recokit").touch()
    assert store.versions() == [1]
    assert store.publish(model) == 3


def test_a_model_that_cannot_be_saved_leaves_no_file(store, model):
    store.publish(model)
    before = sorted(os.listdir(store.folder))
    with pytest.raises(recokit.NotFittedError):
        store.publish(recokit.ItemKNN())
    with pytest.raises(TypeError, match="expected a fitted model with a method save, got int"):
        store.publish(3)
    assert sorted(os.listdir(store.folder)) == before


def test_publishers_in_many_threads_get_numbers_of_their_own(tmp_path, model):
    store, numbers = ModelStore(tmp_path, keep=100), []
    threads = [threading.Thread(target=lambda: numbers.append(store.publish(model))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 13)) == store.versions()
    assert store.current_version in numbers


def test_readers_find_a_model_while_versions_are_published_and_deleted(tmp_path):
    store, stop, seen, errors = ModelStore(tmp_path, keep=1), threading.Event(), set(), []
    store.publish(other("pot"))

    def read():
        while not stop.is_set():
            try:
                seen.add(best(store.current()))
            except Exception as error:  # collected for the assertion below
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for item in ["jug", "mug"] * 10:
        store.publish(other(item))
    wait_for(lambda: seen & {"jug", "mug"})
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert seen <= {"pot", "jug", "mug"}


def test_an_empty_store_says_that_nothing_has_been_published(store):
    for read in (store.current, store.watch):
        with pytest.raises(FileNotFoundError, match=r"no model has been published; call publish\(model\) first"):
            read()
    with pytest.raises(FileNotFoundError, match=r"no version 7; stored: \[\]"):
        store.load(7)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "x"}', '{"version": true}', '{"version": -1}'])
def test_a_damaged_pointer_is_named_and_a_rollback_repairs_it(store, model, text):
    store.publish(model)
    (store.folder / "current.json").write_text(text)
    with pytest.raises(ModelFormatError, match=r"current\.json: expected"):
        store.current()
    assert store.rollback(1) == 1
    assert best(store.current()) == "cup"


def test_the_pointer_is_plain_json(store, model):
    store.publish(model)
    assert json.loads((store.folder / "current.json").read_text()) == {"version": 1}


@pytest.mark.parametrize("keep", [0, -1, 1.5, True, None])
def test_keep_is_a_number_of_versions(tmp_path, keep):
    with pytest.raises(ValueError, match="expected a number of versions, at least 1"):
        ModelStore(tmp_path, keep=keep)


class TestWatchedModel:
    def test_a_new_version_appears_within_the_interval(self, store):
        store.publish(other("pot"))
        with store.watch(interval=0.02) as watched:
            held = watched.model
            assert (watched.version, best(held)) == (1, "pot")
            store.publish(other("jug"))
            wait_for(lambda: watched.version == 2)
            assert best(watched.model) == "jug"
            assert best(held) == "pot"
            store.rollback()
            wait_for(lambda: watched.version == 1)

    def test_a_damaged_version_leaves_the_old_model_and_is_logged_once(self, store, model, caplog):
        store.publish(model)
        with store.watch(interval=1000) as watched, caplog.at_level(logging.WARNING, "recokit.serving"):
            store.publish(other("pot"))
            file = store.folder / "model-00000002.recokit"
            whole = file.read_bytes()
            file.write_bytes(whole[:-9])
            assert not watched.refresh()
            assert not watched.refresh()
            assert (watched.version, best(watched.model)) == (1, "cup")
            assert isinstance(watched.last_error, ModelFormatError)
            assert len(caplog.records) == 1
            assert "version 1 stays" in caplog.text
            file.write_bytes(whole)
            assert watched.refresh()
            assert (watched.version, watched.last_error, best(watched.model)) == (2, None, "pot")

    def test_closing_stops_the_thread_and_keeps_the_model(self, store, model):
        store.publish(model)
        before = threading.active_count()
        watched = store.watch(interval=0.01)
        watched.close()
        assert threading.active_count() == before
        assert best(watched.model) == "cup"
        assert repr(watched) == "WatchedModel(version 1, Popularity)"

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
    def test_a_forked_child_watches_with_a_thread_of_its_own(self, store, model, tmp_path):
        code = (
            "import os, sys, time, recokit\nfrom recokit.serving import ModelStore\n"
            "store = ModelStore(sys.argv[1])\nwatched = store.watch(interval=0.02)\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            "    watched.model\n"
            "    end = time.monotonic() + 20\n"
            "    while watched.version != 2 and time.monotonic() < end: time.sleep(0.01)\n"
            "    os._exit(0 if watched.version == 2 else 1)\n"
            "store.publish(store.load(1))\n"
            "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
        )
        store.publish(model)
        assert subprocess.run([sys.executable, "-c", code, str(store.folder)], timeout=120).returncode == 0

    @pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf")])
    def test_the_interval_is_positive(self, store, model, interval):
        store.publish(model)
        with pytest.raises(ValueError, match="expected a positive number of seconds"):
            store.watch(interval)
