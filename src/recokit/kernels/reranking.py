"""Greedy selection of lists under constraints, with diversity and calibration."""

import math
from typing import NamedTuple

import numpy as np

from recokit.kernels._compiling import njit
from recokit.kernels._typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Constraints", "DynamicTerms", "rerank_rows"]

_SMOOTHING = 0.01  # share of the target in the calibrated distribution
_SMALLEST_RESIDUAL = 1e-6
_HAVE, _COMING, _MISSING, _AVAILABLE = range(4)
_MUST, _SCARCE, _GUARDED = range(3)


class Constraints(NamedTuple):
    """Constraints on the items of a list, by item code.

    Attributes
    ----------
    caps : (n_caps,) int64 array
        Largest number of items with the same group.
    cap_groups : (n_caps, n_items) int32 array
        Group of each item, −1 for items without a limit.
    quotas : (n_quotas, n) int64 array
        Smallest number of members among the first p items, for p = 1 … n, in order of priority.
    members : (n_quotas, n_items) bool array
        Members of each quota.
    quota_sets : (n_quotas,) int32 array
        Ascending numbers of sets of quotas; the quotas of a set have no member in common.
    pins : (n,) int32 array
        Code of the item at each position, −1 for none.
    """

    caps: IntArray
    cap_groups: CodeArray
    quotas: IntArray
    members: BoolArray
    quota_sets: CodeArray
    pins: CodeArray


class _State(NamedTuple):
    """State of one list: few arrays, since every call of a kernel counts the references to each of them.

    Attributes
    ----------
    used : (n_caps, n_groups) int64 array
        Number of listed and pinned items of each group.
    numbers : (4, n_quotas) int64 array
        Numbers of members of each quota: listed (_HAVE), pinned further down (_COMING), lacking (_MISSING), and allowed
        by the caps in addition to the listed ones (_AVAILABLE).
    flags : (3, n_quotas) bool array
        Whether the next item must be a member (_MUST), whether the caps make members scarce (_SCARCE), and whether the
        next item must leave enough of them (_GUARDED).
    free : (n_candidates,) bool array
        Candidates that can be chosen.
    places : (2, n_candidates) int32 array
        Places of counted members, and of candidates that would leave too few members.
    kept : (n_candidates,) float64 array
        Values of the latter.
    pins : (n,) int32 array
        Place of the candidate pinned to each position, −1 for none.
    """

    used: IntArray
    numbers: IntArray
    flags: BoolArray
    free: BoolArray
    places: CodeArray
    kept: FloatArray
    pins: CodeArray


class DynamicTerms(NamedTuple):
    """Terms of the value that depend on the items above, by item code.

    Attributes
    ----------
    mmr_weight, dpp_weight, calibration_weight : float
        Weights of the terms, 0 for none.
    labels : (n_items, n_columns) int32 array
        Categories that define similarity, −1 for missing; empty to use the vectors.
    vectors : (n_items, n_dimensions) float32 array
        Vectors of length 1 or 0.
    categories : (n_items,) int32 array
        Categories to calibrate, −1 for missing.
    """

    mmr_weight: float
    dpp_weight: float
    calibration_weight: float
    labels: CodeArray
    vectors: FloatArray
    categories: CodeArray


@njit(nogil=True, cache=True)
def _similarities(
    chosen: int, codes: CodeArray, labels: CodeArray, vectors: FloatArray, similarities: FloatArray
) -> None:
    """Write the share of equal labels with the chosen candidate, or the cosine of the vectors if there are none.

    ``labels`` are those of the candidates, one row for each column.
    """
    similarities[:] = 0.0
    share = 1.0 / max(1, len(labels))
    for c in range(len(labels)):
        mine, label = labels[c], labels[c, chosen]
        if label >= 0:
            for k in range(len(codes)):
                similarities[k] += share if mine[k] == label else 0.0
    if len(labels) == 0:
        for k in range(len(codes)):
            for d in range(vectors.shape[1]):
                similarities[k] += np.float64(vectors[codes[k], d]) * np.float64(vectors[codes[chosen], d])


@njit(nogil=True, cache=True)
def _divergence_terms(counts: IntArray, target: FloatArray, total: int, terms: FloatArray) -> float:
    """Write each category's term of KL(p ‖ q), with q from ``counts`` over ``total``; return the sum of the terms."""
    divergence = 0.0
    for g in range(len(target)):
        terms[g] = _divergence_term(counts[g], target[g], total)
        divergence += terms[g]
    return divergence


@njit(nogil=True, cache=True)
def _divergence_term(count: int, target: float, total: int) -> float:
    """Return p log(p / ((1 − a) q + a p)) of one category."""
    if target <= 0.0:
        return 0.0
    share = count / total if total > 0 else 0.0
    return target * math.log(target / ((1.0 - _SMOOTHING) * share + _SMOOTHING * target))


@njit(nogil=True, cache=True)
def _is_open(code: int, caps: IntArray, cap_groups: CodeArray, used: IntArray) -> bool:
    """Return whether no cap forbids one more item of the groups of an item."""
    for c in range(len(caps)):
        group = cap_groups[c, code]
        if group >= 0 and used[c, group] >= caps[c]:
            return False
    return True


@njit(nogil=True, cache=True)
def _use(code: int, change: int, cap_groups: CodeArray, used: IntArray) -> None:
    """Add a change to the number of items used of each group of an item."""
    for c in range(len(cap_groups)):
        if cap_groups[c, code] >= 0:
            used[c, cap_groups[c, code]] += change


@njit(nogil=True, cache=True)
def _count_obtainable(q: int, limit: int, codes: CodeArray, constraints: Constraints, state: _State) -> int:
    """Return how many free members of a quota the caps allow together, at most ``limit``.

    The candidates are counted in their order.
    """
    count, free, members, counted = 0, state.free, constraints.members[q], state.places[0]
    caps, cap_groups, used = constraints.caps, constraints.cap_groups, state.used
    for k in range(len(codes)):
        if count >= limit:
            break
        if free[k] and members[codes[k]] and _is_open(codes[k], caps, cap_groups, used):
            _use(codes[k], 1, cap_groups, used)
            counted[count] = k
            count += 1
    for m in range(count):
        _use(codes[counted[m]], -1, cap_groups, used)
    return count


@njit(nogil=True, cache=True)
def _count_missing(place: int, codes: CodeArray, constraints: Constraints, state: _State) -> None:
    """Write the members that each quota lacks, the obtainable ones, and whether the caps make these scarce.

    An item takes one place of each cap at most. Hence members are scarce only if fewer than one for each cap are spare.
    """
    n_caps, pins, numbers = len(constraints.caps), state.pins, state.numbers
    for q in range(numbers.shape[1]):
        have, missing, available = numbers[_HAVE, q], 0, 0
        quota, members = constraints.quotas[q], constraints.members[q]
        for later in range(place, len(pins)):
            if later > place and pins[later] >= 0:
                have += members[codes[pins[later]]]
            missing = max(missing, quota[later] - have)
        if missing:
            available = _count_obtainable(q, missing + n_caps, codes, constraints, state)
        numbers[_AVAILABLE, q], numbers[_MISSING, q] = available, min(missing, available)
        state.flags[_SCARCE, q] = missing > 0 and 0 < available < missing + n_caps


@njit(nogil=True, cache=True)
def _mark_urgent(codes: CodeArray, constraints: Constraints, place: int, first: int, last: int, state: _State) -> bool:
    """Mark the quotas first … last − 1 of a set if the next item must serve one of them; return whether it must.

    It must if the members that the set needs in this prefix or a longer one take all of its places. If the needs exceed
    the places, the first quotas of the set count.
    """
    room, pins, numbers, must = 0, state.pins, state.numbers, state.flags[_MUST]
    quotas, members, coming = constraints.quotas, constraints.members, numbers[_COMING]
    coming[first:last] = 0
    for later in range(place, len(pins)):
        pin = pins[later]
        if pin >= 0 and later > place:
            for q in range(first, last):
                coming[q] += members[q, codes[pin]]
        else:
            room += 1
        left = room
        for q in range(first, last):
            needed = min(quotas[q, later] - numbers[_HAVE, q] - coming[q], numbers[_AVAILABLE, q], left)
            must[q] = needed > 0
            left -= max(0, needed)
        if left == 0:
            return True
    must[first:last] = False
    return False


@njit(nogil=True, cache=True)
def _serves(code: int, constraints: Constraints, must: BoolArray) -> bool:
    """Return whether an item is a member of a marked quota of each set that has one."""
    q, sets, members = 0, constraints.quota_sets, constraints.members
    while q < len(must):
        number, asks, serves = sets[q], False, False
        while q < len(must) and sets[q] == number:
            asks = asks or must[q]
            serves = serves or (must[q] and members[q, code])
            q += 1
        if asks and not serves:
            return False
    return True


@njit(nogil=True, cache=True)
def _leaves_enough(k: int, codes: CodeArray, constraints: Constraints, state: _State) -> bool:
    """Return whether the caps still allow the missing members of each guarded quota after a candidate is listed."""
    enough = True
    state.free[k] = False
    _use(codes[k], 1, constraints.cap_groups, state.used)
    for q in range(state.flags.shape[1]):
        if enough and state.flags[_GUARDED, q]:
            missing = state.numbers[_MISSING, q] - constraints.members[q, codes[k]]
            enough = _count_obtainable(q, missing, codes, constraints, state) == missing
    _use(codes[k], -1, constraints.cap_groups, state.used)
    state.free[k] = True
    return enough


@njit(nogil=True, cache=True)
def _any(flags: BoolArray) -> bool:
    """Return whether one of the flags is set; compiles faster than `np.any`."""
    for flag in flags:  # noqa: SIM110 - Numba compiles no generators
        if flag:
            return True
    return False


@njit(nogil=True, cache=True)
def _best_open(
    values: FloatArray, codes: CodeArray, free: BoolArray, constraints: Constraints, used: IntArray, must: BoolArray
) -> int:
    """Return the place of the best free candidate that satisfies the caps and the marked quotas; −1 for none.

    Candidates with the value −∞ are left out.
    """
    best, value = -1, -np.inf
    for k in range(len(codes)):
        if not free[k] or values[k] <= value:
            continue
        fits = _is_open(codes[k], constraints.caps, constraints.cap_groups, used)
        if fits and _serves(codes[k], constraints, must):
            best, value = k, values[k]
    return best


@njit(nogil=True, cache=True)
def _best(values: FloatArray, codes: CodeArray, constraints: Constraints, state: _State) -> int:
    """Return the best candidate of `_best_open` that leaves enough members of each guarded quota; −1 for none."""
    must, passed, kept, n_passed = state.flags[_MUST], state.places[1], state.kept, 0
    best = _best_open(values, codes, state.free, constraints, state.used, must)
    if not _any(state.flags[_GUARDED]):
        return best
    while best >= 0 and not _leaves_enough(best, codes, constraints, state):
        passed[n_passed], kept[n_passed] = best, values[best]
        n_passed += 1
        values[best] = -np.inf
        best = _best_open(values, codes, state.free, constraints, state.used, must)
    for m in range(n_passed):
        values[passed[m]] = kept[m]
    return best


@njit(nogil=True, cache=True)
def _choose(
    values: FloatArray, codes: CodeArray, constraints: Constraints, place: int, state: _State
) -> tuple[int, int]:
    """Return the place of the next candidate, −1 for none, and the reason for it as in `rerank_rows`.

    Sets of quotas that no candidate can serve together with more important ones give way.
    """
    must, guarded = state.flags[_MUST], state.flags[_GUARDED]
    must[:], guarded[:] = False, False
    chosen, why, first = _best_open(values, codes, state.free, constraints, state.used, must), -1, 0
    if chosen < 0:
        return chosen, why
    _count_missing(place, codes, constraints, state)
    while first < len(must):
        last = first + 1
        while last < len(must) and constraints.quota_sets[last] == constraints.quota_sets[first]:
            last += 1
        urgent = _mark_urgent(codes, constraints, place, first, last, state)
        guarded[first:last] = state.flags[_SCARCE, first:last]
        best = chosen
        if (urgent or _any(guarded)) and not (
            _serves(codes[chosen], constraints, must) and _leaves_enough(chosen, codes, constraints, state)
        ):
            best = _best(values, codes, constraints, state)
        if best < 0:
            guarded[first:last] = False
            best = _best(values, codes, constraints, state)
        if best < 0:
            must[first:last] = False
        elif best != chosen:
            chosen = best
            for q in range(first, last):
                if why == -1 and must[q] and constraints.members[q, codes[best]]:
                    why = q
                elif why == -1 and guarded[q]:
                    why = -3 - q
        first = last
    return chosen, why


@njit(nogil=True, cache=True)
def _reserve_pins(codes: CodeArray, worth: FloatArray, constraints: Constraints, state: _State) -> None:
    """Write the place of the candidate pinned to each position, −1 for none, and use its groups.

    Pins that the caps do not allow together with those above give way.
    """
    state.pins[:] = -1
    for place in range(len(state.pins)):
        pinned = constraints.pins[place]
        for k in range(len(codes) if pinned >= 0 else 0):
            is_pinned = codes[k] == pinned and not np.isnan(worth[k])
            if is_pinned and _is_open(codes[k], constraints.caps, constraints.cap_groups, state.used):
                state.pins[place] = k
                _use(codes[k], 1, constraints.cap_groups, state.used)
                break


@njit(nogil=True, cache=True)
def _add_diversity(
    chosen: int, size: int, similarities: FloatArray, with_basis: bool, nearest: FloatArray, residual: FloatArray,
    basis: FloatArray,
) -> None:  # fmt: skip
    """Update the similarity to the nearest item above and, for DPP, the residual variance of each candidate."""
    for k in range(len(similarities)):
        nearest[k] = max(nearest[k], similarities[k])
    if not with_basis:
        return
    root = np.sqrt(max(residual[chosen], _SMALLEST_RESIDUAL))
    for k in range(len(similarities)):
        rest = similarities[k]
        for m in range(size):
            rest -= basis[m, k] * basis[m, chosen]
        basis[size, k] = rest / root
        residual[k] -= basis[size, k] * basis[size, k]


@njit(nogil=True, cache=True)
def _diversity_terms(
    terms: DynamicTerms, nearest: FloatArray, residual: FloatArray, free: BoolArray, diversity: FloatArray
) -> None:
    """Write the term of each free candidate, 0 for the others, such as pinned items."""
    for k in range(len(free)):
        if terms.dpp_weight > 0.0:
            diversity[k] = terms.dpp_weight * 0.5 * math.log(max(residual[k], _SMALLEST_RESIDUAL)) if free[k] else 0.0
        else:
            diversity[k] = -terms.mmr_weight * nearest[k] if free[k] else 0.0


@njit(nogil=True, cache=True)
def _calibration_terms(
    codes: CodeArray,
    terms: DynamicTerms,
    listed: IntArray,
    target: FloatArray,
    n_listed: int,
    parts: FloatArray,
    growth: float,
    calibration: FloatArray,
) -> None:
    """Write the term of each candidate: the weight times the growth of the divergence if it is listed.

    ``growth`` is that of an item without a category, and ``parts`` are the terms of the categories after it.
    """
    for k in range(len(codes)):
        g, mine = terms.categories[codes[k]], growth
        if g >= 0:
            mine += _divergence_term(listed[g] + 1, target[g], n_listed) - parts[g]
        calibration[k] = -terms.calibration_weight * mine


@njit(nogil=True, cache=True)
def _new_state(constraints: Constraints, n_candidates: int) -> _State:
    """Return the state of an empty list."""
    n_quotas, n = constraints.quotas.shape
    n_groups = 0
    for groups in constraints.cap_groups:
        for group in groups:
            n_groups = max(n_groups, group + 1)
    return _State(
        np.zeros((len(constraints.caps), n_groups), dtype=np.int64),
        np.zeros((4, n_quotas), dtype=np.int64),
        np.zeros((3, n_quotas), dtype=np.bool_),
        np.zeros(n_candidates, dtype=np.bool_),
        np.zeros((2, n_candidates), dtype=np.int32),
        np.zeros(n_candidates),
        np.full(n, -1, dtype=np.int32),
    )


@njit(nogil=True, cache=True)
def rerank_rows(
    start: int,
    stop: int,
    codes: CodeArray,
    counts: CodeArray,
    values: FloatArray,
    constraints: Constraints,
    terms: DynamicTerms,
    targets: FloatArray,
    top_places: CodeArray,
    top_terms: FloatArray,
    forced: CodeArray,
) -> None:
    """Choose the items of each list one by one, the best value first, under constraints.

    Parameters
    ----------
    start, stop : int
        Range of the lists.
    codes, counts : (n_lists, n_candidates) int32 and (n_lists,) int32 arrays
        Distinct candidates of each list, best first.
    values : (n_lists, n_candidates) float64 array
        Values that do not depend on other items; NaN for items that may not be listed, +∞ for items that only a pin
        lists.
    constraints : Constraints
    terms : DynamicTerms
    targets : (n_lists, n_categories) float64 array
        Shares to calibrate to; no columns for none.
    top_places : (n_lists, n) int32 array
        Output: places in ``codes`` of the chosen items, −1 for padding.
    top_terms : (n_lists, n, 2) float64 array
        Output: the terms of diversity and calibration of each item when it was chosen.
    forced : (n_lists, n) int32 array
        Output: the quota q that required a member of itself, −1 for none, −2 for a pin, −3 − q if better items would
        have left too few members of the quota q.
    """
    n, n_candidates, n_categories = top_places.shape[1], codes.shape[1], targets.shape[1]
    state, n_quotas = _new_state(constraints, n_candidates), constraints.quotas.shape[0]
    listed, parts, total = np.zeros(n_categories, dtype=np.int64), np.zeros(n_categories), np.empty(n_candidates)
    nearest, residual, basis = np.zeros(n_candidates), np.ones(n_candidates), np.empty((n, n_candidates))
    diversity, calibration = np.zeros(n_candidates), np.zeros(n_candidates)
    free, similarities = state.free, np.empty(n_candidates)
    labels = np.empty((terms.labels.shape[1], n_candidates), dtype=np.int32)
    for row in range(start, stop):
        mine, worth = codes[row, : counts[row]], values[row]
        state.used[:], state.numbers[:], listed[:] = 0, 0, 0
        nearest[:], residual[:] = 0.0, 1.0
        for k in range(len(mine)):
            free[k] = worth[k] < np.inf  # False for NaN
            for c in range(len(labels)):
                labels[c, k] = terms.labels[mine[k], c]
        _reserve_pins(mine, worth, constraints, state)
        size, before = 0, _divergence_terms(listed, targets[row], 0, parts)
        for place in range(n):
            total[: len(mine)] = worth[: len(mine)]
            if terms.mmr_weight > 0.0 or terms.dpp_weight > 0.0:
                _diversity_terms(terms, nearest, residual, free[: len(mine)], diversity)
                for k in range(len(mine)):
                    total[k] += diversity[k]
            if n_categories:
                base = _divergence_terms(listed, targets[row], size + 1, parts)
                _calibration_terms(mine, terms, listed, targets[row], size + 1, parts, base - before, calibration)
                for k in range(len(mine)):
                    total[k] += calibration[k]
            chosen, why = state.pins[place], -2
            if chosen < 0 and n_quotas:
                chosen, why = _choose(total, mine, constraints, place, state)
            elif chosen < 0:
                chosen, why = _best_open(total, mine, free, constraints, state.used, state.flags[_MUST]), -1
            if chosen < 0:
                continue  # a later pin may still be listed
            top_places[row, size], forced[row, size] = chosen, why
            top_terms[row, size, 0], top_terms[row, size, 1] = diversity[chosen], calibration[chosen]
            free[chosen] = False
            code = mine[chosen]
            if why != -2:  # the groups of pinned items are in use from the start
                _use(code, 1, constraints.cap_groups, state.used)
            for q in range(n_quotas):
                state.numbers[_HAVE, q] += constraints.members[q, code]
            if n_categories and terms.categories[code] >= 0:
                listed[terms.categories[code]] += 1
            if terms.mmr_weight > 0.0 or terms.dpp_weight > 0.0:
                _similarities(chosen, mine, labels, terms.vectors, similarities[: len(mine)])
                with_basis = terms.dpp_weight > 0.0
                _add_diversity(chosen, size, similarities[: len(mine)], with_basis, nearest, residual, basis)
            size += 1
            before = _divergence_terms(listed, targets[row], size, parts)
        top_places[row, size:], forced[row, size:] = -1, -1
