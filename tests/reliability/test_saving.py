"""Writing a model file: full disks, permissions, links, special files, killed processes."""

import os
import stat
import time

import pytest

from recokit import Popularity, load
from recokit._storage import atomic
from tests.reliability.processes import run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions, links and signals of POSIX systems")


@pytest.fixture
def model():
    return Popularity(n_threads=1).fit([(1, 2), (2, 2), (2, 3)])


def is_model(path):
    return load(path).recommend(1)[1] == [(3, 1.0)]


def test_a_full_disk_raises_an_os_error_and_keeps_the_old_file(tmp_path):
    code = """
        import resource, signal, sys
        import recokit
        path = sys.argv[1]
        recokit.Popularity().fit([(1, 2), (2, 2), (2, 3)]).save(path)
        large = recokit.Popularity().fit([(user, user) for user in range(20_000)])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            large.save(path)
        except OSError as error:
            print(type(error).__name__, "large" in str(error))
    """
    assert run(code, tmp_path / "model").stdout.split()[0] == "OSError"
    assert is_model(tmp_path / "model")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_saving_over_a_file_keeps_its_permissions(tmp_path, model, mode):
    model.save(tmp_path / "model")
    (tmp_path / "model").chmod(mode)
    model.save(tmp_path / "model")
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == mode


def test_the_temporary_file_never_has_wider_permissions_than_the_old_file(tmp_path, model, monkeypatch):
    model.save(tmp_path / "model")
    (tmp_path / "model").chmod(0o600)
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.extend(entry.stat().st_mode for entry in tmp_path.glob("*.part")))
    model.save(tmp_path / "model")
    assert [stat.S_IMODE(mode) for mode in seen] == [0o600]


def test_a_symbolic_link_is_followed(tmp_path, model):
    (tmp_path / "now").symlink_to("versions/v1")
    (tmp_path / "versions").mkdir()
    model.save(tmp_path / "now")
    model.save(tmp_path / "now")
    assert (tmp_path / "now").is_symlink()
    assert is_model(tmp_path / "versions" / "v1")
    assert [entry.name for entry in (tmp_path / "versions").iterdir()] == ["v1"]


def test_a_loop_of_links_raises_an_os_error(tmp_path, model):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=r"symbolic links|loop"):
        model.save(tmp_path / "a")


def test_a_pipe_and_a_device_are_refused_and_stay(tmp_path, model):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(OSError, match="is not a regular file"):
            model.save(path)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_contents_reach_the_disk_before_the_name_and_the_name_before_the_return(tmp_path, model, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        call = getattr(os, name)

        def noted(*args, name=name, call=call):
            folder = name == "fsync" and stat.S_ISDIR(os.fstat(args[0]).st_mode)
            done.append(f"{name} folder" if folder else name)
            return call(*args)

        monkeypatch.setattr(os, name, noted)
    model.save(tmp_path / "model")
    assert done == ["fsync", "replace", "fsync folder"]


def test_a_process_that_is_killed_while_saving_leaves_the_old_model(tmp_path):
    code = """
        import os, sys, threading
        import recokit
        model = recokit.Popularity(n_threads=1).fit([(1, 2), (2, 2), (2, 3)])
        model.save(sys.argv[1])
        threading.Timer(0.3, os.kill, (os.getpid(), 9)).start()
        while True:
            model.save(sys.argv[1])
    """
    assert run(code, tmp_path / "model", check=False).returncode == -9
    assert is_model(tmp_path / "model")
    assert len(list(tmp_path.iterdir())) <= 2


def test_the_next_save_removes_what_killed_processes_left_after_a_day(tmp_path, model):
    day = 24 * 3600
    ages = {"model.0123456789abcdef.part": 2 * day, "model.fedcba9876543210.part": 60, "other.part": 2 * day}
    for name, age in ages.items():
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    model.save(tmp_path / "model")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["model", "model.fedcba9876543210.part", "other.part"]


def test_names_of_any_allowed_length_can_be_saved(tmp_path, model):
    for name in ("m" * 255, "模" * 85):
        model.save(tmp_path / name)
        assert is_model(tmp_path / name)


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write any file")
def test_a_read_only_file_is_not_replaced(tmp_path, model):
    model.save(tmp_path / "model")
    (tmp_path / "model").chmod(0o400)
    with pytest.raises(PermissionError, match="is not writable"):
        model.save(tmp_path / "model")


def test_an_interrupt_while_writing_leaves_no_file(tmp_path):
    def write(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.write_atomically(tmp_path / "model", write)
    assert list(tmp_path.iterdir()) == []
