"""Heat map of the profiles of user segments."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from sklearn.utils.validation import check_is_fitted

from recokit._runtime.arguments import check_count
from recokit.exceptions import first_few
from recokit.plotting._style import axes_or_new, name_style, shortened
from recokit.preprocessing import SegmentProfiles, UserSegments

__all__ = ["segment_heatmap"]

_LABEL = ("difference from all users", "与全体用户的差异")
_LIMIT = 2.0  # standard deviations at the ends of the colour scale, unless all differences are smaller
_MAX_NAME_WIDTH = 60
_CELL = (0.42, 0.38)  # inches


def segment_heatmap(
    segments: UserSegments | SegmentProfiles,
    features: Sequence[str] | None = None,
    *,
    n_features: int = 12,
    cmap: str | Colormap = "RdBu_r",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw how each segment of users differs from all users in each feature.

    The numbers are the mean of the segment minus the mean of all users, in standard deviations of all users.

    Parameters
    ----------
    segments : UserSegments or SegmentProfiles
        Fitted segments, or their profiles.
    features : sequence of str, optional
        Features to draw, in order; by default the ``n_features`` with the largest difference of any segment.
    n_features : int
        Number of features.
    cmap : str or matplotlib Colormap
        Colour map; its middle is no difference.
    ax : matplotlib Axes, optional
        Axes to draw on; axes in a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        ``segments`` is neither.
    ValueError
        A feature is unknown, or there are none.

    See Also
    --------
    recokit.plotting.segment_profiles : Draw a metric by segment of users, with 95% bootstrap intervals.
    recokit.preprocessing.UserSegments : Cluster users by their features into segments with readable profiles.

    Examples
    --------
    >>> import numpy as np
    >>> from recokit.plotting import segment_heatmap
    >>> from recokit.preprocessing import Features, UserSegments
    >>> features = Features(
    ...     range(20),
    ...     np.repeat([[0.1, 5.0], [0.9, 1.0]], 10, axis=0),
    ...     ["price_level", "frequency"],
    ... )
    >>> ax = segment_heatmap(UserSegments(2).fit(features))
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['frequent price-sensitive buyers\n50% of users', 'occasional premium buyers\n50% of users']
    """
    if isinstance(segments, UserSegments):
        check_is_fitted(segments)
        segments = segments.profiles_
    if not isinstance(segments, SegmentProfiles):
        raise TypeError(f"expected fitted UserSegments or SegmentProfiles, got {type(segments).__name__}")
    places = _places(segments, features, check_count(n_features, "n_features"))
    differences = segments.differences[:, places]
    limit = min(_LIMIT, float(np.abs(differences).max()) or 1.0)
    width, height = _CELL
    ax = axes_or_new(ax, (6.0 + width * len(places), 2.0 + height * len(segments)))
    image = ax.imshow(differences, cmap=cmap, vmin=-limit, vmax=limit, aspect="auto")
    for row, column in np.ndindex(differences.shape):
        value = differences[row, column]
        is_light = np.dot(image.to_rgba(value)[:3], (0.299, 0.587, 0.114)) > 0.5  # luma of ITU-R BT.601
        color = "black" if is_light else "white"
        ax.text(column, row, f"{value:+.1f}", ha="center", va="center", fontsize=7, color=color)
    names = [shortened(segments.columns[place].name) for place in places]
    rows = [_row_name(segments, row) for row in range(len(segments))]
    ax.set_xticks(range(len(places)), names, rotation=90, fontsize=8, **name_style(names))
    ax.set_yticks(range(len(segments)), rows, fontsize=8, **name_style(rows))
    is_chinese = segments.language == "zh"
    bar = ax.figure.colorbar(image, ax=ax)
    bar.set_label(_LABEL[is_chinese], **name_style([_LABEL[is_chinese]]))
    return ax


def _places(segments: SegmentProfiles, features: Sequence[str] | None, n_features: int) -> list[int]:
    """Return the positions of the features to draw."""
    names = [column.name for column in segments.columns]
    if features is None:
        largest = np.abs(segments.differences).max(axis=0)
        return sorted(np.argsort(-largest, kind="stable")[:n_features].tolist())
    unknown = [name for name in features if name not in names]
    if unknown or len(features) == 0:
        raise ValueError(f"features: no feature {first_few(unknown) or 'given'}; the features are {', '.join(names)}")
    return [names.index(name) for name in features]


def _row_name(segments: SegmentProfiles, row: int) -> str:
    share = f"占用户 {segments.share[row]:.0%}" if segments.language == "zh" else f"{segments.share[row]:.0%} of users"
    return f"{shortened(segments.names[row], _MAX_NAME_WIDTH)}\n{share}"
