import re
import runpy
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_example_runs_unchanged(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    runpy.run_path(str(script))
    assert "ndcg@10" in capsys.readouterr().out
    assert (tmp_path / "shop.recokit").is_file()


@pytest.mark.parametrize("command", ["python -m pytest", "python benchmarks/compare.py"])
def test_each_command_is_on_its_own_line_and_installs_its_requirements(command):
    lines = [line for block in blocks("bash") for line in block.splitlines() if command in line]
    assert len(lines) == 1
    assert lines[0].startswith('pip install ".[')
    assert lines[0].endswith(command)
