"""Lists of recommendations as a Dask dataframe: one partition for each block of users."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import dask.dataframe
import numpy as np
from dask.delayed import delayed

from recokit._runtime.arguments import check_count
from recokit._typing import BoolArray
from recokit.base import Recommender
from recokit.base._eligibility import Eligibility
from recokit.dask._blocks import Block, Blocks
from recokit.data._frames import holds_collections, labelled_mapping
from recokit.data._inputs import as_id_list, known_codes
from recokit.data.id_index import IdIndex
from recokit.data.recommendations import Recommendations
from recokit.exceptions import UnknownIdError

if TYPE_CHECKING:
    from recokit.dask._base import Fitted

__all__ = ["Request", "lists_frame"]


class Request(NamedTuple):
    """The arguments of `recokit.Recommender.recommend` but the users."""

    n: int
    exclude_seen: bool | None
    candidates: Any
    exclude: Any
    fill: Any

    def by_label(self) -> "Request":
        """Return the request with mappings in place of Series of lists."""
        return self._replace(candidates=_by_label(self.candidates), exclude=_by_label(self.exclude))

    def over_codes(self, users: IdIndex) -> "Request":
        """Return the request with the codes of the users of a block in place of ids in mappings."""
        return self._replace(candidates=_over(self.candidates, users), exclude=_over(self.exclude, users))


def _by_label(given: Any) -> Any:
    return labelled_mapping(given) if holds_collections(given) else given


def _over(given: Any, users: IdIndex) -> Any:
    if not isinstance(given, Mapping):
        return given
    codes = users.codes(list(given))
    return {int(code): items for code, items in zip(codes, given.values(), strict=True) if code >= 0}


def lists_frame(
    data: Blocks, fitted: "Fitted", request: Request, users: Any, attach: Callable[..., Recommender]
) -> Any:
    """Return the lists as a lazy Dask dataframe."""
    check_count(request.n, "n")
    if not (request.fill is None or (isinstance(request.fill, str) and request.fill == "popular")):
        raise ValueError(
            f"fill={request.fill!r}: expected None or 'popular'; other models fill the lists of to_local()"
        )
    if isinstance(users, dask.dataframe.Series):
        users = users.compute()
    asked, request = None if users is None else as_id_list(users), request.by_label()
    if asked is not None:
        unknown = np.flatnonzero(~_are_known(data, asked))
        if len(unknown):
            raise UnknownIdError("user", [asked[k] for k in unknown.tolist()])
    _check_rules(data, request, [] if asked is None else asked)
    shared, parts = delayed(request), fitted.parts or (None,) * len(data.blocks)
    make = delayed(lists_of_block, pure=False)
    frames = [
        make(fitted.model, part, block, data.items, data.feedback, int(start), shared, asked, attach)
        for part, block, start in zip(parts, data.blocks, data.starts[:-1], strict=True)
    ]
    first = data.tasks.submit("meta", _empty_frame, data.blocks[0], data.items, request.fill is not None).result()
    return dask.dataframe.from_delayed(frames, meta=first, verify_meta=False)


def _check_rules(data: Blocks, request: Request, asked: Any) -> None:
    """Refuse unknown candidates, and mappings without a known user, before any list is made."""
    items = data.items.result()
    eligibility = Eligibility(items, request.candidates, request.exclude)
    mappings = [given for given in (request.candidates, request.exclude) if isinstance(given, Mapping)]
    if isinstance(request.candidates, Mapping):
        for ids in request.candidates.values():
            known_codes(items, as_id_list(ids), "item")
    users = [user for given in mappings for user in given]
    if users:
        known = [user for user, is_known in zip(users, _are_known(data, users), strict=True) if is_known]
        eligibility.check_users(IdIndex.factorize(known, "users")[0], asked)


def _are_known(data: Blocks, users: Any) -> BoolArray:
    """Return the mask of the users that are in a block."""
    known = data.tasks.gather([data.tasks.submit("known", _known, block, users) for block in data.blocks])
    are_known: BoolArray = np.any(known, axis=0)
    return are_known


def _known(block: Block, ids: Any) -> BoolArray:
    return block.users.codes(ids) >= 0


def lists_of_block(
    model: Recommender,
    part: Mapping[str, Any] | None,
    block: Block,
    items: IdIndex,
    feedback: Any,
    first_user: int,
    request: Request,
    asked: Any,
    attach: Callable[..., Recommender],
) -> Any:
    """Return the lists of the users of a block as a pandas frame."""
    codes = np.arange(len(block.users)) if asked is None else np.unique(block.users.codes(asked))
    codes, offset = codes[codes >= 0], 0
    if part is None:
        offset = first_user
    else:
        model = attach(model, part, block, items, feedback)
    n, exclude_seen, candidates, exclude, fill = request.over_codes(block.users)
    if offset:
        candidates, exclude = (_shifted(given, offset) for given in (candidates, exclude))
    lists = model.recommend(
        codes + offset, n, exclude_seen=exclude_seen, candidates=candidates, exclude=exclude, fill=fill
    )
    return _as_frame(lists, block.users.take(codes), with_fillers=fill is not None)


def _shifted(given: Any, offset: int) -> Any:
    return {code + offset: items for code, items in given.items()} if isinstance(given, Mapping) else given


def _as_frame(lists: Recommendations, users: Any, *, with_fillers: bool) -> Any:
    frame = Recommendations(users, lists.items, lists.scores, lists.counts, lists.n_scored).to_frame()
    if with_fillers and "is_filler" not in frame:
        frame["is_filler"] = False
    return frame


def _empty_frame(block: Block, items: IdIndex, with_fillers: bool) -> Any:
    """Return a frame without rows, with the dtypes of the lists."""
    one = Recommendations(block.users.take([0]), items.take([[0]]), np.zeros((1, 1), np.float32))
    return _as_frame(one, one.users, with_fillers=with_fillers).iloc[:0]
