"""Partitions of events become the same users, items and interactions as a local frame; no cluster is needed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import EventLog, Interactions, Popularity
from recokit.dask._blocks import joined_interactions, joined_sequences, split_interactions
from recokit.dask._events import Columns, encode, id_sample, merge_ids, split_events, splitters
from recokit.dask._reading import build_block, read_local
from recokit.data import IdIndex, Sequences
from recokit.exceptions import DataError
from tests.dask.data import events
from tests.dask.eager import EagerTasks

IDS = (
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 8)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)


@st.composite
def partitions(draw):
    """Return a frame of events and the bounds of its partitions, which may be empty."""
    n = draw(st.integers(1, 25))
    columns = {name: draw(st.lists(draw(st.sampled_from(IDS)), min_size=n, max_size=n)) for name in ("user", "item")}
    columns["value"] = draw(st.lists(st.floats(0, 9, width=32), min_size=n, max_size=n))
    columns["time"] = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    columns["order"] = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=3)))
    frame = pd.DataFrame(columns)
    return frame, [frame.iloc[start:stop] for start, stop in zip([0, *cuts], [*cuts, n], strict=True)]


def blocks_of(parts, columns, n_blocks):
    """Return all items and the blocks, as the tasks on a cluster compute them."""
    encoded = [encode(part, columns, number) for number, part in enumerate(parts)]
    items = merge_ids([part.items for part in encoded], columns.item)
    firsts = splitters([id_sample(part, n_blocks) for part in encoded], n_blocks)
    pieces = [split_events(part, firsts, items, n_blocks) for part in encoded]
    blocks = [build_block(columns, items, *column) for column in zip(*pieces, strict=True)]
    return items, [block for block in blocks if len(block.users)]


def joined(items, blocks, feedback):
    users = IdIndex._from_sorted(np.concatenate([block.users._values for block in blocks]))
    return joined_interactions(users, items, feedback, *blocks)


@given(partitions(), st.sampled_from(["sum", "mean", "last", "max"]), st.booleans(), st.integers(1, 5))
def test_partitions_give_the_interactions_of_the_frame(data, duplicates, timed, n_blocks):
    frame, parts = data
    columns = Columns("user", "item", "value", "time" if timed else None, "implicit", duplicates)
    made = joined(*blocks_of(parts, columns, n_blocks), "implicit")
    expected = Interactions.from_frame(
        frame[["user", "item", "value", "time"] if timed else ["user", "item", "value"]],
        "user", "item", "value", "time" if timed else None, feedback="implicit", duplicates=duplicates,
    )  # fmt: skip
    assert made.equals(expected)
    assert made.n_merged == expected.n_merged


@given(partitions(), st.booleans(), st.booleans(), st.integers(1, 5))
def test_partitions_give_the_sequences_of_the_frame(data, timed, in_baskets, n_blocks):
    frame, parts = data
    time, basket = "time" if timed else None, "order" if in_baskets else None
    columns = Columns("user", "item", None, time, "implicit", "error", basket, True)
    items, blocks = blocks_of(parts, columns, n_blocks)
    made, expected = joined_sequences(items, *blocks), Sequences.from_frame(frame, "user", "item", time, basket=basket)
    for name, array in expected._to_state().items():
        if name not in ("users", "items"):
            np.testing.assert_array_equal(made._to_state()[name], array)
    assert joined(items, blocks, "implicit").equals(expected._pairs())


def test_weights_of_kinds_of_events_give_the_interactions_of_a_log():
    frame = events(500)
    times, kinds = pd.to_datetime(1_700_000_000 + frame["timestamp"], unit="s"), frame["rating"].map("kind {}".format)
    frame = frame.assign(timestamp=times, event=kinds).drop(columns=["order", "rating"])
    weights = {"kind 1": 0.1, "kind 2": 3.0, "kind 3": 10.0, "kind 4": 0.7, "kind 5": 1.0}
    expected = EventLog.from_frame(frame).interactions(weights)
    columns = Columns("user_id", "item_id", "weight", "timestamp", "implicit", "sum")
    weighted = frame.assign(weight=frame["event"].map(weights))
    made = joined(*blocks_of([weighted[:200], weighted[200:]], columns, 3), "implicit")
    assert made.equals(expected)
    assert made.n_merged == expected.n_merged


@given(partitions(), st.integers(1, 5))
def test_local_interactions_in_blocks_stay_the_same(data, n_blocks):
    frame, _ = data
    whole = Interactions.from_frame(
        frame[["user", "item", "value"]], "user", "item", "value", feedback="implicit", duplicates="sum"
    )
    blocks = split_interactions(whole, None, n_blocks)
    made = joined_interactions(whole.users, whole.items, "implicit", *blocks)
    assert made.equals(whole)
    assert made.n_merged == whole.n_merged


COLUMNS = Columns("user", "item", None, None, "implicit", "error")


def test_a_missing_column_is_named_with_its_partition():
    with pytest.raises(DataError, match="partition 3: no column 'item'"):
        encode(pd.DataFrame({"user": [1]}), COLUMNS, 3)


def test_ids_without_an_order_across_partitions_are_refused():
    frame = pd.DataFrame({"user": [(1, 2)], "item": [1]})
    with pytest.raises(DataError, match=r"user: expected integers or text.*astype\(str\)"):
        encode(frame, COLUMNS, 0)


def test_integers_in_one_partition_and_text_in_another_are_refused():
    parts = [pd.DataFrame({"user": [1], "item": [1]}), pd.DataFrame({"user": ["1"], "item": [1]})]
    with pytest.raises(DataError, match="integers in all partitions or text in all"):
        blocks_of(parts, COLUMNS, 2)


def test_a_repeated_pair_in_two_partitions_is_refused_with_its_ids():
    part = pd.DataFrame({"user": ["ann"], "item": ["tea"]})
    with pytest.raises(DataError, match=r"repeat a \(user, item\) pair: \('ann', 'tea'\)"):
        blocks_of([part, part], COLUMNS, 1)


def test_a_bag_partition_of_several_frames_is_read_in_order():
    frames = [pd.DataFrame({"user": ["b", "a"], "item": [1, 2]}), pd.DataFrame({"user": ["c"], "item": [1]})]
    encoded = encode(frames, COLUMNS, 0)
    assert encoded.users.take(encoded.user_codes).tolist() == ["b", "a", "c"]
    assert encoded.items.take(encoded.item_codes).tolist() == [1, 2, 1]


@given(partitions(), st.integers(1, 4))
def test_blocks_by_item_are_the_transposed_interactions(data, n_threads):
    frame, _ = data
    whole = Interactions.from_frame(
        frame[["user", "item", "value"]], "user", "item", "value", feedback="implicit", duplicates="sum"
    )
    tasks = EagerTasks(n_threads)
    blocks = read_local(whole, None, Popularity(), tasks)
    ranges = blocks.item_ranges(np.bincount(whole.item_codes, minlength=whole.n_items))
    parts, expected = tasks.gather(blocks.by_item(ranges)), whole.rows.transposed(whole.n_items)
    assert [part.n_rows for part in parts] == [stop - start for start, stop in ranges]
    for array, name in enumerate(("codes", "values"), start=1):
        np.testing.assert_array_equal(np.concatenate([part[array] for part in parts]), expected[array], err_msg=name)
    np.testing.assert_array_equal(np.concatenate([part.lengths for part in parts]), expected.lengths)


def test_blocks_of_items_have_about_equal_numbers_of_interactions():
    codes = (300 * np.random.default_rng(0).random(40_000) ** 3).astype(int)  # some items are popular
    pairs = np.unique(np.column_stack([np.arange(40_000) // 20, codes]), axis=0)
    blocks = read_local(Interactions.from_arrays(*pairs.T, feedback="implicit"), None, Popularity(), EagerTasks(2))
    lengths = np.bincount(pairs[:, 1], minlength=300)
    sums = [lengths[start:stop].sum() for start, stop in blocks.item_ranges(lengths)]
    assert len(sums) == 8
    assert max(sums) <= lengths.sum() / 8 + lengths.max()
