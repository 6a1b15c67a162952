import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READMES = ["README.md", "README.zh-CN.md"]


def blocks(language, name="README.md"):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", READMES)
def test_the_example_runs_unchanged(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python", name)
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


def test_both_readmes_have_the_same_commands_and_links():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert blocks("bash", "README.md") == blocks("bash", "README.zh-CN.md")
    links = [set(re.findall(r"\]\(((?!http|README)[^)]+)\)", text)) for text in (english, chinese)]
    assert links[1] <= links[0]
    assert all((ROOT / link).exists() for link in links[0])
