"""Pictures of data, models and evaluations, drawn with matplotlib (``pip install "recokit[plot]"``).

Every function draws on the axes it is given, or on those of a new figure, and returns them. Nothing global is changed.
Names in Chinese, Japanese or Korean are drawn in a font that has their characters, where one is installed.
"""

try:
    import matplotlib as _matplotlib  # noqa: F401 (only whether it is there)
except ImportError as error:
    raise ImportError('recokit.plotting needs matplotlib: pip install "recokit[plot]"') from error

from recokit.plotting.catalogue import coverage_accuracy, long_tail
from recokit.plotting.comparisons import comparison, segment_profiles
from recokit.plotting.curves import learning_curve, metric_by_k
from recokit.plotting.heatmap import rating_heatmap
from recokit.plotting.neighborhood import similarity_neighborhood

__all__ = [
    "comparison",
    "coverage_accuracy",
    "learning_curve",
    "long_tail",
    "metric_by_k",
    "rating_heatmap",
    "segment_profiles",
    "similarity_neighborhood",
]
