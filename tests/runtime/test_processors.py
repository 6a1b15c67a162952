import math
import os

import pytest

from recokit._runtime import processors
from recokit._runtime.processors import available_processors, quota
from recokit._runtime.threads import thread_count
from tests.reliability.processes import run


def files(root, contents):
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({}, math.inf),
        ({"proc/self/cgroup": "0::/\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        # The smallest quota of the group and its parents holds.
        (
            {
                "proc/self/cgroup": "0::/pod/app\n",
                "sys/fs/cgroup/pod/app/cpu.max": "400000 100000\n",
                "sys/fs/cgroup/pod/cpu.max": "200000 100000\n",
            },
            2.0,
        ),
        # In a container, the path of the host is not mounted.
        ({"proc/self/cgroup": "0::/host/app\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 0.5),
        # Control groups of version 1.
        (
            {
                "proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/a\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            math.inf,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "what\n"}, math.inf),
    ],
)
def test_the_quota_of_the_control_groups_is_read(tmp_path, contents, expected):
    assert quota(files(tmp_path, contents)) == expected


@pytest.mark.parametrize(("found", "expected"), [(0.5, 1), (1.5, 2), (1000.0, None), (math.inf, None)])
def test_the_default_number_of_threads_is_at_most_the_quota_rounded_up(monkeypatch, found, expected):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    monkeypatch.setattr(processors, "_known", (-math.inf, math.inf))
    without = available_processors()
    monkeypatch.setattr(processors, "_known", (-math.inf, math.inf))
    monkeypatch.setattr(processors, "quota", lambda: found)
    assert thread_count(None) == min(without, without if expected is None else expected)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_a_later_change_of_the_affinity_is_honoured():
    code = """
        import os
        from recokit._runtime.threads import thread_count
        before = thread_count(None)
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        print(before >= 1, thread_count(None), thread_count(3))
    """
    assert run(code).stdout.split() == ["True", "1", "3"]


def test_the_number_of_threads_is_bounded():
    assert thread_count(10**9) == max(64, available_processors())
    assert thread_count(-3) == 1
