"""MathJax as a file of the site, so that formulas need no network.

The file comes from the package sphinx-mathjax-offline. Its version with SVG output needs no fonts and takes the colour
of the text around it.
"""

from importlib.metadata import files
from pathlib import Path
from typing import Any

from sphinx.util.fileutil import copy_asset_file

NAME = "tex-svg.js"


def _copy(app: Any, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    (source,) = (file for file in files("sphinx-mathjax-offline") or () if file.name == NAME)
    target = Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    copy_asset_file(str(source.locate()), str(target))


def setup(app: Any) -> dict[str, Any]:
    """Set the path of MathJax and copy its file at the end of a build."""
    app.setup_extension("sphinx.ext.mathjax")
    app.config.mathjax_path = f"mathjax/{NAME}"
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True}
