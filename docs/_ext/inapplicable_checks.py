"""Sphinx directive ``inapplicable-checks``: a table of the scikit-learn checks that do not apply."""

from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from recokit import testing


class InapplicableChecks(Directive):
    """Table of ``recokit.testing.INAPPLICABLE_SKLEARN_CHECKS``."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the table."""
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 45 55", "", "   * - check", "     - reason"]
        for check, reason in sorted(testing.INAPPLICABLE_SKLEARN_CHECKS.items()):
            lines += [f"   * - ``{check}``", f"     - {reason}"]
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, "recokit.testing"), self.content_offset, holder)
        return holder.children


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("inapplicable-checks", InapplicableChecks)
    return {"parallel_read_safe": True}
