"""The memory of a process that fits and recommends for a long time."""

import json
import sys

import pytest

from tests.reliability.processes import run


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the resident memory is read on Linux only")
def test_refits_and_requests_keep_no_memory():
    code = "import runpy, sys; runpy.run_module('tests.reliability.grow', run_name='__main__', alter_sys=True)"
    result = json.loads(run(code, 5, 10, 2, timeout=900).stdout)
    first, middle, last = result["resident"]
    assert last - middle < 3e6  # the allocator and caches of the interpreter still grow a little
    assert last - first < 10e6
    assert result["kept by 2 rounds"] < 200e3
