"""Base class of hybrids whose score is a weighted sum of the normalised scores of the parts."""

from typing import Any, ClassVar

import numpy as np

from recokit._typing import BoolArray, CodeArray, FloatArray
from recokit.base import Recommender, Term
from recokit.base._parameters import COUNT, POSITIVE, interval, one_of
from recokit.data.attributes import Attribute, Fields, Number, Text
from recokit.data.rows import Rows
from recokit.hybrid._base import Hybrid, Profiles
from recokit.hybrid._given import Given
from recokit.hybrid._hold_out import HeldOut
from recokit.hybrid._normalization import NORMALIZATIONS, normalized
from recokit.hybrid._validating import Scale

__all__ = ["Blend"]


class Blend(Hybrid):
    """Base class of hybrids whose score is a weighted sum of the normalised scores of the parts.

    A subclass implements ``_weights_of``. Parts with the weight 0 have no influence: an item has evidence if a part
    with a positive weight has evidence for it.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Hybrid._parameter_constraints,
        "normalization": one_of(*NORMALIZATIONS),
        "depth": COUNT,
        "rrf_k": POSITIVE,
        "validation_size": interval(0, 1, "neither"),
        "validation_users": COUNT,
        "k": COUNT,
    }

    normalization: str
    depth: int
    rrf_k: float
    validation_size: float
    validation_users: int
    k: int
    scale_: tuple[str, int, float]

    def _weights_of(self, profiles: Profiles) -> FloatArray:
        """Return the weight of each part for each user: (n_users, n_parts) float64."""
        raise NotImplementedError

    def _fit(self, interactions: Any) -> None:
        super()._fit(interactions)
        if "scale_" not in vars(self):  # set_params takes effect at the next fit
            self.scale_ = (self.normalization, int(self.depth), float(self.rrf_k))

    def _described(self) -> dict[str, Attribute]:
        depth, rrf_k = Number(at_least=1, whole=True), Number(at_least=0)
        return super()._described() | {"scale_": Fields((Text(NORMALIZATIONS), depth, rrf_k))}

    def _unseen_rule(self, histories: Rows) -> Rows:
        """Return the items of each user that do not count for the normalisation."""
        return histories if self._excludes_seen else Rows.empty(histories.n_rows)

    def _normalized_part(self, place: int, profiles: Profiles) -> tuple[FloatArray, BoolArray]:
        """Return the normalised scores of one part, and whether it has evidence: (n_users, n_items) arrays."""
        scores = self._part_scores(place, profiles)
        evidence = scores > -np.inf
        kind, depth, rrf_k = self.scale_
        seen = self._unseen_rule(profiles.histories)
        return normalized(scores, seen, kind, depth, self._runner(), rrf_k=rrf_k), evidence

    def _score_block(self, profiles: Profiles) -> FloatArray:
        weights = self._weights_of(profiles).astype(np.float32)
        shape = profiles.n_users, self.interactions_.n_items
        total: FloatArray = np.zeros(shape, dtype=np.float32)
        any_evidence = np.zeros(shape, dtype=np.bool_)
        for place in range(weights.shape[1]):
            used = weights[:, place] > 0
            if not np.any(used):
                continue
            values, evidence = self._normalized_part(place, profiles)
            values *= weights[:, place, None]
            total += values
            any_evidence |= evidence & used[:, None]
        total[~any_evidence] = -np.inf
        return total

    def _part_terms(self, profiles: Profiles, item_code: int) -> list[Term]:
        weights = self._weights_of(profiles).astype(np.float32)[0]
        terms, any_evidence = [], False
        for place, (name, weight) in enumerate(zip(self.parts_, weights, strict=True)):
            if weight > 0:
                values, evidence = self._normalized_part(place, profiles)
                any_evidence |= bool(evidence[0, item_code])
                terms.append(Term("part", name, float(values[0, item_code] * weight)))
        return terms if any_evidence else []

    def _held_out_parts(self, given: Given, side: dict[str, Any], owner: str) -> tuple[HeldOut, dict[str, Recommender]]:
        """Return a split of the training data, and the parts fitted to the data without the held-out events."""
        held_out = self._hold_out(given, side, owner)
        return held_out, self._fitted_parts(held_out.given, side)

    def _new_scale(self) -> Scale:
        return Scale(self.normalization, int(self.depth), float(self.rrf_k))

    def _fallback_scores(self, user_codes: CodeArray, item_codes: CodeArray) -> FloatArray:
        """Return 0, which is not a rating even for explicit feedback."""
        return np.zeros(len(user_codes))
