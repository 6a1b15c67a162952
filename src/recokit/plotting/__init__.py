"""Plots of data, models and evaluations with matplotlib (``pip install "recokit[plot]"``).

Each function draws on the given axes, or on axes in a new figure, and returns them. No global settings are changed.
Chinese, Japanese and Korean names are drawn in a font with their characters, if one is installed.
"""

try:
    import matplotlib as _matplotlib  # noqa: F401 (only to check that it is installed)
except ImportError as error:
    raise ImportError('recokit.plotting needs matplotlib: pip install "recokit[plot]"') from error

from recokit.plotting.bars import metric_bars
from recokit.plotting.catalogue import coverage_accuracy, long_tail
from recokit.plotting.comparisons import comparison, segment_profiles
from recokit.plotting.curves import learning_curve, metric_by_k
from recokit.plotting.experiments import privacy_curve, uplift_intervals
from recokit.plotting.heatmap import rating_heatmap
from recokit.plotting.neighborhood import similarity_neighborhood
from recokit.plotting.segments import segment_heatmap
from recokit.plotting.transitions import transition_graph

__all__ = [
    "comparison",
    "coverage_accuracy",
    "learning_curve",
    "long_tail",
    "metric_bars",
    "metric_by_k",
    "privacy_curve",
    "rating_heatmap",
    "segment_heatmap",
    "segment_profiles",
    "similarity_neighborhood",
    "transition_graph",
    "uplift_intervals",
]
