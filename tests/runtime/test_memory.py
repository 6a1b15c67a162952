"""Memory limits of the machine and of containers."""

import os

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


def test_the_limit_is_infinite_if_the_system_does_not_report_its_memory(machine, monkeypatch):
    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory.memory_limit() == float("inf")
