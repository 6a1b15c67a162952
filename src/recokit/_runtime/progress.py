"""Progress bars."""

import warnings
from types import TracebackType
from typing import Any, Self

__all__ = ["progress_bar"]


class _HiddenBar:
    """A progress bar that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def update(self, n: int = 1) -> None:
        """Do nothing."""


def progress_bar(total: int, description: str, unit: str, *, show: bool) -> Any:
    """Return a progress bar of tqdm, or one that shows nothing.

    tqdm is imported only if the bar is shown: it starts a thread, and warns in notebooks without ipywidgets.

    Examples
    --------
    >>> with progress_bar(3, "fit", "items", show=False) as bar:
    ...     bar.update(3)
    """
    if not show:
        return _HiddenBar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets, tqdm falls back to its text bar
        from tqdm.auto import tqdm
    return tqdm(total=total, desc=description, unit=f" {unit}")
