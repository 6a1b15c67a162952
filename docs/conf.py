"""Sphinx configuration. Builds without a network: `sphinx-build -W -b html docs docs/_build/html`."""

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "recokit"
author = "The recokit developers"
copyright = "the recokit developers"
release = installed_version("recokit")
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "inapplicable_checks",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
# Single backticks in docstrings become cross-references if the target exists, and code otherwise.
default_role = "py:obj"

rst_prolog = ".. currentmodule:: recokit\n"

autosummary_generate = True
autodoc_member_order = "bysource"
# scikit-learn generates these metadata routing methods; their docstrings link to its own user guide.
autodoc_default_options = {
    "exclude-members": ", ".join(
        f"set_{method}_request" for method in ("fit", "partial_fit", "predict", "score", "split")
    )
}
autodoc_typehints = "none"  # the docstrings also state shapes and units
numpydoc_show_class_members = False  # the templates list the methods
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"recokit {release}"
html_copy_source = False
html_show_sourcelink = False


def _keep_initials(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape an initial at the start of a line ("Y. Koren"), which docutils would parse as an enumeration."""
    lines[:] = [re.sub(r"^(\s*)([A-Z])(?=\. )", r"\1\\\2", line) for line in lines]


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", _keep_initials, priority=900)  # after numpydoc


plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]
