"""Memory limits of the machine and of containers."""

import os
from types import SimpleNamespace

import pytest

from recokit._runtime import memory


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Simulate a machine of 8 GB; return a function that writes its control groups."""
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2_000_000}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_MOUNT", tmp_path / "fs")

    def put(groups, limits):
        (tmp_path / "cgroup").write_text(groups)
        for path, text in limits.items():
            file = tmp_path / "fs" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return put


def test_without_control_groups_the_limit_is_the_memory_of_the_machine(machine):
    assert memory.memory_limit() == 4096 * 2e6


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/\n", {"memory.max": "1000000\n"}, 1e6),
        ("0::/\n", {"memory.max": "max\n"}, 4096 * 2e6),
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "2000000\n"}, 2e6),
        ("0::/../of/another\n", {"memory.max": "3000000"}, 3e6),
        ("12:cpu,cpuacct:/x\n5:memory:/x\n", {"memory/x/memory.limit_in_bytes": "4000000\n"}, 4e6),
        ("5:memory:/not/shown\n", {"memory/memory.limit_in_bytes": "5000000\n"}, 5e6),
        ("5:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 4096 * 2e6),
        ("1:name=systemd:/\n", {"memory.max": "1\n"}, 4096 * 2e6),
    ],
)
def test_the_lowest_limit_of_the_control_groups_applies(machine, groups, limits, expected):
    machine(groups, limits)
    assert memory.memory_limit() == expected


def test_the_available_memory_is_that_of_the_machine_with_free_swap(machine, tmp_path, monkeypatch):
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 8000 kB\nMemAvailable:    3000 kB\nSwapTotal: 900 kB\nSwapFree: 500 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", info)
    assert memory.available_memory() == 3500 * 1024
    info.write_text("MemTotal: 8000 kB\n")  # before Linux 3.14
    assert memory.available_memory() == 4096 * 2e6


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"memory.max": "1000000", "memory.current": "300000"}, 7e5),
        (
            "0::/a\n",
            {
                "a/memory.max": "1000000",
                "a/memory.current": "900000",
                "a/memory.stat": "anon 5\ninactive_file 400000\n",
            },
            5e5,
        ),
        ("0::/a\n", {"a/memory.max": "max", "memory.max": "2000000", "memory.current": "500000"}, 1.5e6),
        (
            "5:memory:/x\n",
            {
                "memory/x/memory.limit_in_bytes": "4000000",
                "memory/x/memory.usage_in_bytes": "1000000",
                "memory/x/memory.stat": "inactive_file 9\ntotal_inactive_file 250000\n",
            },
            3.25e6,
        ),
    ],
)
def test_used_memory_of_a_container_is_not_available(machine, tmp_path, monkeypatch, groups, files, expected):
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "none")
    machine(groups, files)
    assert memory.available_memory() == expected


def test_windows_tells_the_memory_that_it_can_commit(machine, monkeypatch):
    def answer(status):
        status._obj.free_page_file = 6_000_000_000
        return 1

    kernel = SimpleNamespace(kernel32=SimpleNamespace(GlobalMemoryStatusEx=answer))
    monkeypatch.setattr(memory.sys, "platform", "win32")
    monkeypatch.setattr(memory.ctypes, "windll", kernel, raising=False)
    assert memory.available_memory() == 6e9
    monkeypatch.delattr(memory.ctypes, "windll")
    assert memory.available_memory() == float("inf")


def test_a_need_above_the_available_memory_is_refused_with_both_numbers_and_a_remedy(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 20e9)
    memory.require_memory(19.9e9, "the task", "do less")
    with pytest.raises(MemoryError, match=r"^the task needs 1\.3 TB of memory, more than the 20 GB that are available"):
        memory.require_memory(1.3e12, "the task", "do less")
    with pytest.raises(MemoryError, match=r"needs 2 GB of memory, more than the 1 GB that max_memory_gb=1 allows; do"):
        memory.require_memory(2e9, "the task", "do less", max_memory_gb=1.0)


def test_the_real_memory_is_plausible():
    assert 1e6 < memory.available_memory() <= 1.01 * memory.memory_limit() + 1e12


def test_the_limit_is_infinite_if_the_system_does_not_report_its_memory(machine, monkeypatch):
    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory.memory_limit() == float("inf")
