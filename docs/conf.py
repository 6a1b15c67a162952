"""Sphinx configuration. Builds without a network: `sphinx-build -W -b html docs docs/_build/html`."""

import re
import sys
import warnings
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from recokit.exceptions import LeakageWarning

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# Pictures with Chinese titles are drawn in a font with their characters where one is installed.
warnings.filterwarnings("ignore", message="Glyph .* missing from font")
# Examples of the gallery hold no leaks; a warning of one stops the build.
warnings.filterwarnings("error", category=LeakageWarning)

project = "recokit"
author = "The recokit developers"
copyright = "the recokit developers"
release = installed_version("recokit")
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "inapplicable_checks",
    "offline_mathjax",
    "search_words",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "locale", "gallery/*.ipynb", "gallery/*.py", "gallery/*.zip", "gallery/*.md5"]
# Single backticks in docstrings become cross-references if the target exists, and code otherwise.
default_role = "py:obj"
suppress_warnings = [
    "config.cache",  # sphinx_gallery_conf holds functions
    "myst.xref_missing",  # links of the README and the CONTRIBUTING guide to files of the repository
]

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

# Chinese pages: -D language=zh_CN, with the translations in docs/locale (tools/translations.py).
language = "en"
locale_dirs = ["locale"]
gettext_compact = False
gettext_uuid = False
gettext_location = False

# Plain results after ">>>" are not copied, and neither are the prompts.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = f"recokit {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["recokit.css"]
html_theme_options: dict[str, Any] = {
    "logo": {"text": "recokit"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navbar_persistent": [],
    "navbar_end": ["search-button-field", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
html_sidebars = {"*": []}  # pages outside a folder have no pages below them
toc_object_entries_show_parents = "hide"


def _keep_initials(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape an initial at the start of a line ("Y. Koren"), which docutils would parse as an enumeration."""
    lines[:] = [re.sub(r"^(\s*)([A-Z])(?=\. )", r"\1\\\2", line) for line in lines]


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", _keep_initials, priority=900)  # after numpydoc


plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("recokit",),
    "reference_url": {"recokit": None},
    "backreferences_dir": "api/backreferences",
    "remove_config_comments": True,
    "image_scrapers": ("matplotlib",),
    "capture_repr": ("_repr_html_", "__repr__"),
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "min_reported_time": 1_000_000,  # times depend on the machine of the build
    "ignore_repr_types": r"matplotlib\.",
}
