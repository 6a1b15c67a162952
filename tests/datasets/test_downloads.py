"""Downloads from a server that is slow, broken, wrong or absent, and files that are put in place by hand."""

import hashlib
import io
import os
import subprocess
import sys
import textwrap
import threading
import zipfile

import numpy as np
import pytest

from recokit import datasets
from recokit.datasets.fetching import _cache
from recokit.datasets.fetching._transfer import Patience
from recokit.datasets.fetching.published import Published
from recokit.datasets.fetching.remote_file import RemoteFile, known_checksums
from tests.datasets import server as http

pytest.importorskip("pooch")

RATINGS = "userId,movieId,rating,timestamp\n1,10,4.0,100\n2,10,3.5,200\n2,20,1.0,300\n"


def archive(ratings=RATINGS, padding=40_000):
    """Return MovieLens latest-small as a zip archive, with a file that does not compress."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("ml-latest-small/ratings.csv", ratings)
        made.writestr("ml-latest-small/movies.csv", "movieId,title,genres\n10,Heat (1995),Action\n20,Up,Comedy\n")
        made.writestr("ml-latest-small/tags.csv", "userId,movieId,tag,timestamp\n1,10,dark,5\n")
        made.writestr("ml-latest-small/links.csv", "movieId,imdbId,tmdbId\n10,113277,949\n20,1049413,\n")
        made.writestr("ml-latest-small/padding", np.random.default_rng(0).bytes(padding))
    return stream.getvalue()


CONTENT = archive()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = "ml-latest-small/ml-latest-small.zip"


@pytest.fixture
def web(monkeypatch):
    """Return the answers of a server that publishes MovieLens latest-small, with its known checksum."""
    server, address = http.run_server(CONTENT)
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    files = (RemoteFile(PATH, (f"{address}/ml-latest-small.zip",)),)
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=files))
    monkeypatch.setitem(known_checksums(), PATH, f"sha256:{SHA256}")
    monkeypatch.setattr(_cache, "PATIENCE", Patience(timeout=1.0, attempts=3, pause=0.01))
    monkeypatch.setattr(_cache, "_shown", set())
    server.answers.address = address
    yield server.answers
    server.answers.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def unpublished(web, monkeypatch):
    """Make the checksum unknown."""
    monkeypatch.delitem(known_checksums(), PATH)


def fetch(home, **options):
    return datasets.fetch_movielens("latest-small", data_home=home, **options)


def failure(home, **options):
    with pytest.raises(datasets.DatasetNotFoundError) as caught:
        fetch(home, **options)
    return str(caught.value)


def files_in(home):
    return sorted(path.name for path in (home / "ml-latest-small").iterdir())


def test_a_download_is_verified_read_and_kept(web, tmp_path):
    data = fetch(tmp_path)
    assert data.ratings.to_pairs()[0].tolist() == [[1, 10], [2, 10], [2, 20]]
    assert data.items["title"].tolist() == ["Heat (1995)", "Up"]
    assert (tmp_path / PATH).read_bytes() == CONTENT
    assert fetch(tmp_path).ratings.equals(data.ratings)
    assert web.n_requests == 1
    assert files_in(tmp_path) == ["ml-latest-small.zip", "ml-latest-small.zip.lock", "ml-latest-small.zip.sha256"]


def test_licence_and_citation_are_attributes_and_printed_once(web, tmp_path, capsys, monkeypatch):
    data = fetch(tmp_path)
    assert "GroupLens" in data.license
    assert "Harper" in data.citation
    printed = capsys.readouterr()
    assert printed.err.count(data.license) == printed.err.count(data.citation) == 1
    assert printed.out == ""
    monkeypatch.setattr(_cache, "_shown", set())  # as in a new process
    fetch(tmp_path)
    assert capsys.readouterr().err == ""


def test_a_slow_server_is_waited_for(web, tmp_path):
    web.faults = [http.slow]
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_a_truncated_download_continues_at_its_end(web, tmp_path):
    web.faults = [http.truncated(16_384)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [wanted for _, wanted in web.seen] == [None, "bytes=16384-"]


def test_a_server_that_stalls_is_asked_again_for_the_rest(web, tmp_path):
    web.faults = [http.stalled(24_576)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [wanted for _, wanted in web.seen] == [None, "bytes=24576-"]


def test_a_server_that_always_stalls_is_given_up_with_the_reason(web, tmp_path):
    web.faults = [http.stalled(0)] * 3
    assert "sent nothing for 1 seconds (3 attempts)" in failure(tmp_path)


def test_an_interrupted_download_is_continued_by_the_next_call(web, tmp_path):
    web.faults = [http.truncated(8_192), http.status(503), http.status(503)]
    message = failure(tmp_path)
    assert "503" in message
    assert "continues an interrupted download" in message
    assert (tmp_path / PATH).with_name("ml-latest-small.zip.part").stat().st_size == 8_192
    assert not (tmp_path / PATH).exists()
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert web.seen[-1][1] == "bytes=8192-"
    assert "ml-latest-small.zip.part" not in files_in(tmp_path)
    assert "ml-latest-small.zip.part.json" not in files_in(tmp_path)


def test_a_server_without_ranges_sends_the_whole_file_again(web, tmp_path):
    web.ranges = False
    web.faults = [http.truncated(16_384)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert web.n_requests == 2


def test_a_wrong_range_is_not_appended(web, tmp_path):
    web.faults = [http.truncated(16_384), http.wrong_range]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [wanted for _, wanted in web.seen] == [None, "bytes=16384-", None]


def test_a_part_longer_than_the_file_is_replaced(web, tmp_path):
    part = (tmp_path / PATH).with_name("ml-latest-small.zip.part")
    part.parent.mkdir()
    part.write_bytes(CONTENT + b"more")
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_a_part_of_other_content_is_replaced_when_the_checksum_differs(web, tmp_path):
    part = (tmp_path / PATH).with_name("ml-latest-small.zip.part")
    part.parent.mkdir()
    part.write_bytes(b"x" * 16_384)
    web.tagged = False
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [wanted for _, wanted in web.seen] == ["bytes=16384-", None]


@pytest.mark.usefixtures("unpublished")
def test_a_file_that_changed_at_the_publisher_is_not_continued(web, tmp_path):
    web.faults = [http.truncated(8_192), http.status(503), http.status(503)]
    failure(tmp_path)
    web.content = archive(RATINGS + "3,20,5.0,400\n")
    assert fetch(tmp_path).ratings.n_interactions == 4  # the server ignores the range because of If-Range
    assert web.seen[-1][1] == "bytes=8192-"


@pytest.mark.usefixtures("unpublished")
def test_without_checksum_and_version_a_download_starts_anew(web, tmp_path):
    web.tagged = False
    web.faults = [http.truncated(16_384)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [wanted for _, wanted in web.seen] == [None, None]


def test_answers_without_a_length_are_read_to_their_end(web, tmp_path):
    web.faults = [http.unsized]
    assert fetch(tmp_path).ratings.n_interactions == 3


@pytest.mark.usefixtures("unpublished")
def test_a_torn_answer_without_a_length_is_noticed(web, tmp_path):
    web.faults = [http.torn_chunks]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert web.n_requests == 2


def test_redirections_are_followed(web, tmp_path):
    web.faults = [http.redirected]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert web.seen[-1][0] == "/elsewhere.zip"


def test_endless_redirections_are_given_up(web, tmp_path):
    web.faults = [http.in_circles]
    assert "redirects" in failure(tmp_path)


def test_a_busy_server_is_asked_again(web, tmp_path):
    web.faults = [http.status(500), http.status(429)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert web.n_requests == 3


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refused_file_is_asked_for_once(web, tmp_path, code):
    web.faults = [http.status(code)] * 5
    assert f"answered {code}" in failure(tmp_path)
    assert web.n_requests == 1


def test_the_next_address_is_tried(web, tmp_path, monkeypatch):
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    urls = (f"{web.address}/gone.zip", f"{web.address}/mirror.zip")
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=(RemoteFile(PATH, urls),)))
    web.faults = [http.status(404)]
    assert fetch(tmp_path).ratings.n_interactions == 3
    assert [path for path, _ in web.seen] == ["/gone.zip", "/mirror.zip"]


def test_a_wrong_checksum_is_refused_and_the_file_is_not_kept(web, tmp_path):
    web.content = archive(RATINGS + "3,20,5.0,400\n")
    message = failure(tmp_path)
    assert SHA256 in message
    assert hashlib.sha256(web.content).hexdigest() in message
    assert "verify=False" in message
    assert files_in(tmp_path) == ["ml-latest-small.zip.lock"]


def test_a_replaced_file_is_used_with_a_warning_if_the_caller_says_so(web, tmp_path):
    web.content = archive(RATINGS + "3,20,5.0,400\n")
    with pytest.warns(UserWarning, match="wrong checksum"):
        assert fetch(tmp_path, verify=False).ratings.n_interactions == 4


@pytest.mark.parametrize("known", [True, False])
def test_a_web_page_is_not_taken_for_the_file(web, tmp_path, known, monkeypatch):
    if not known:
        monkeypatch.delitem(known_checksums(), PATH)
    web.faults = [http.page, http.page]
    assert "web page" in failure(tmp_path)
    assert not (tmp_path / PATH).exists()


@pytest.mark.usefixtures("unpublished")
@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (CONTENT[:30_000], "no complete zip archive")])
def test_a_file_that_cannot_be_right_is_refused_even_without_a_known_checksum(web, tmp_path, content, reason):
    web.content = content
    assert reason in failure(tmp_path)
    assert not (tmp_path / PATH).exists()


@pytest.mark.usefixtures("unpublished")
def test_an_unknown_checksum_is_recorded_at_the_first_use_and_verified_later(web, tmp_path):
    fetch(tmp_path)
    record = (tmp_path / PATH).with_name("ml-latest-small.zip.sha256")
    assert record.read_text() == f"{SHA256}  ml-latest-small.zip\n"
    (tmp_path / PATH).write_bytes(archive(RATINGS + "3,20,5.0,400\n"))
    assert "wrong checksum" in failure(tmp_path)
    with pytest.warns(UserWarning, match="wrong checksum"):
        assert fetch(tmp_path, verify=False).ratings.n_interactions == 4


def test_offline_the_error_names_address_checksum_and_exact_place(web, tmp_path, monkeypatch):
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    url = "http://127.0.0.1:9/ml-latest-small.zip"  # nothing listens there
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=(RemoteFile(PATH, (url,)),)))
    monkeypatch.setattr(_cache, "PATIENCE", Patience(timeout=1.0, attempts=3, pause=60.0))  # no second attempt
    message = failure(tmp_path)
    for part in (url, str(tmp_path / PATH), SHA256, "connection failed", dataset.page):
        assert part in message
    (tmp_path / PATH).write_bytes(CONTENT)  # the folder exists already
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_an_unknown_host_is_reported_at_once(web, tmp_path, monkeypatch):
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    files = (RemoteFile(PATH, ("http://nowhere.invalid/a.zip",)),)
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=files))
    monkeypatch.setattr(_cache, "PATIENCE", Patience(timeout=1.0, attempts=3, pause=60.0))
    assert "connection failed" in failure(tmp_path)


def test_a_server_without_a_secure_connection_is_refused(web, tmp_path, monkeypatch):
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    files = (RemoteFile(PATH, (web.address.replace("http:", "https:") + "/a.zip",)),)
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=files))
    message = failure(tmp_path)
    assert "no secure connection" in message
    assert "0x" not in message  # no addresses of objects


def test_download_false_asks_no_server(web, tmp_path):
    message = failure(tmp_path, download=False)
    assert "download=False" in message
    assert str(tmp_path / PATH) in message
    assert web.n_requests == 0
    assert not list(tmp_path.iterdir())


def test_a_file_put_there_by_hand_is_verified(web, tmp_path):
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(b"something else")
    message = failure(tmp_path)
    assert "wrong checksum" in message
    assert "Delete the file" in message
    (tmp_path / PATH).write_bytes(CONTENT)
    assert fetch(tmp_path, download=False).ratings.n_interactions == 3
    assert web.n_requests == 0


def test_a_file_without_an_address_must_be_put_there_by_hand(web, tmp_path, monkeypatch):
    dataset = datasets.PUBLISHED["movielens-latest-small"]
    monkeypatch.setitem(datasets.PUBLISHED, dataset.name, dataset._replace(files=(RemoteFile(PATH, ()),)))
    message = failure(tmp_path)
    assert "in a browser" in message
    assert dataset.page in message


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_is_reported_with_a_way_out(web, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    message = failure(tmp_path / "file")
    assert "cannot write" in message
    assert "RECOKIT_DATA_HOME" in message
    assert "cannot write" in failure("/proc/recokit")


def test_a_full_disk_keeps_the_part_for_the_next_call(web, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("recokit.datasets.fetching._transfer._append", full)
        assert "No space left on device" in failure(tmp_path)
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_a_read_only_folder_with_the_file_is_enough(web, tmp_path, monkeypatch):
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(CONTENT)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_text", refuse)
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_the_folder_can_be_set_in_the_environment(web, tmp_path, monkeypatch):
    monkeypatch.setenv("RECOKIT_DATA_HOME", str(tmp_path / "home"))
    fetch(None)
    assert (tmp_path / "home" / PATH).is_file()
    monkeypatch.delenv("RECOKIT_DATA_HOME")
    assert _cache.data_home_of().name == "recokit"


@pytest.mark.slow
def test_two_processes_download_the_file_once(web, tmp_path):
    code = f"""
        from recokit import datasets
        from recokit.datasets.fetching.remote_file import RemoteFile, known_checksums
        dataset = datasets.PUBLISHED["movielens-latest-small"]
        files = (RemoteFile({PATH!r}, ({web.address!r} + "/ml-latest-small.zip",)),)
        datasets.PUBLISHED[dataset.name] = dataset._replace(files=files)
        known_checksums()[{PATH!r}] = "sha256:{SHA256}"
        print(datasets.fetch_movielens("latest-small", data_home={str(tmp_path)!r}).ratings.n_interactions)
    """
    gate = threading.Event()

    def held(handler):  # until both processes have started
        gate.wait(60)
        handler.send_content()

    web.faults = [held]
    command = [sys.executable, "-c", textwrap.dedent(code)]
    both = [subprocess.Popen(command, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    lines = []
    readers = [threading.Thread(target=lambda one=one: lines.extend(one.stderr)) for one in both]
    for reader in readers:
        reader.start()
    waiting = threading.Event()

    def watch():
        while not any("another process" in line for line in lines):
            if gate.wait(0.05):
                return
        waiting.set()
        gate.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    watcher.join(60)
    gate.set()
    outputs = [one.stdout.read() for one in both]
    for reader in readers:
        reader.join()
    assert [one.wait(60) for one in both] == [0, 0], lines
    assert waiting.is_set(), lines
    assert [output.strip() for output in outputs] == ["3", "3"]
    assert web.n_requests == 1


@pytest.mark.slow
def test_a_lock_of_a_killed_process_does_not_block(web, tmp_path):
    lock = (tmp_path / PATH).with_name("ml-latest-small.zip.lock")
    lock.parent.mkdir()
    code = f"""
        import os
        from pathlib import Path
        from recokit.datasets.fetching._lock import locked
        with locked(Path({str(lock)!r}), lambda: None):
            os._exit(9)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 9
    assert lock.exists()
    assert fetch(tmp_path).ratings.n_interactions == 3


def test_without_pooch_the_error_names_the_extra(web, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"recokit\[data\]"):
        fetch(None)


@pytest.mark.parametrize("one", datasets.PUBLISHED.values(), ids=datasets.PUBLISHED)
def test_every_data_set_has_terms_and_files_below_the_cache(one: Published):
    assert one.license
    assert one.citation
    assert one.page.startswith("https://")
    for file in one.files:
        assert file.path == file.path.strip("/")
        assert ".." not in file.path
        assert all(url.startswith("https://") for url in file.urls)


def test_known_checksums_belong_to_files_of_data_sets():
    paths = {file.path for one in datasets.PUBLISHED.values() for file in one.files}
    for path, checksum in known_checksums().items():
        algorithm, _, value = checksum.partition(":")
        assert len(value) == {"sha256": 64, "md5": 32}[algorithm]
        assert int(value, 16) >= 0
        assert path in paths or path.startswith(("amazon-2018/ratings/", "amazon-2023/ratings/"))
