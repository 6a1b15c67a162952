"""Files that a damaged disk or an attacker made; `python benchmarks/stress.py files` tries many more."""

import json
from itertools import count

import numpy as np
import pytest
from _common.hostile_files import Parts, parts_of, written

import recokit
from recokit import ItemKNN, ModelFormatError, persistence
from recokit.base import Recommender
from recokit.testing import all_recommenders
from tests.reliability.models import CASES, NAMES, answers, data_of, fitted
from tests.reliability.processes import run


def fuzz(n_files, seed, timeout):
    code = (
        "import sys; from tests.reliability.serve_hostile_files import main; main(int(sys.argv[1]), int(sys.argv[2]))"
    )
    return json.loads(run(code, n_files, seed, timeout=timeout).stdout)


def assert_refused_or_served(result, n_files):
    assert result["faults"] == []
    assert result["refused"] + result["loaded"] == n_files
    assert result["refused"] > n_files / 2
    assert result["loaded"] > 0  # some changes are harmless, so these files test the requests
    assert result["memory beyond twice the file"] < 2**20
    assert result["slowest"] < 20


@pytest.mark.slow
def test_hostile_files_of_all_classes_are_refused_or_served():
    assert_refused_or_served(fuzz(1_200, 1, timeout=600), 1_200)


@pytest.fixture
def parts(tmp_path):
    fitted(ItemKNN, "implicit").save(tmp_path / "model")
    return parts_of((tmp_path / "model").read_bytes())


def load_changed(tmp_path, parts, **changes):
    (tmp_path / "changed").write_bytes(written(parts._replace(**changes)))
    return recokit.load(tmp_path / "changed")


def tensor_of(parts, attribute):
    """Return the name of the tensor of an attribute."""
    text = json.dumps(parts.tree)
    start = text.index(f'["{attribute}", ["array", "') + len(f'["{attribute}", ["array", "')
    return text[start : text.index('"', start)]


def test_a_file_written_again_without_changes_loads_to_the_same_model(tmp_path, parts):
    assert answers(load_changed(tmp_path, parts)) == answers(fitted(ItemKNN, "implicit"))


@pytest.mark.parametrize(
    ("attribute", "change", "message"),
    [
        ("neighbor_codes_", lambda codes: np.full_like(codes, 10**8), "expected less than 25, got 100000000"),
        ("neighbor_codes_", lambda codes: np.where(codes < 0, codes, -2).astype(codes.dtype), "expected at least -1"),
        ("neighbor_codes_", lambda codes: codes.astype(np.int64), "expected an array of int32, got int64"),
        ("neighbor_codes_", lambda codes: codes[:-1], r"expected shape \(25, n_neighbors\), got \(24, "),
        ("neighbor_scores_", lambda scores: scores[:, :-1], "expected shape"),
        ("neighbor_scores_", lambda scores: scores * np.float32(np.nan), "a value is not finite"),
        ("neighbor_counts_", lambda counts: counts + np.int32(2**30), "expected the numbers of codes"),
        ("item_counts_", lambda counts: -counts - 1, "expected at least 0"),
        ("indptr", lambda bounds: bounds[::-1].copy(), "bounds of rows must ascend from 0|expected shape"),
        ("item_codes", lambda codes: codes[::-1].copy(), "must be ascending and distinct"),
    ],
)
def test_an_array_that_does_not_fit_its_description_is_refused(tmp_path, parts, attribute, change, message):
    name = tensor_of(parts, attribute)
    tensors = {**parts.tensors, name: change(parts.tensors[name])}
    with pytest.raises(ModelFormatError, match=message):
        load_changed(tmp_path, parts, tensors=tensors)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["neighbor_codes_", ', '["recommend", ', "has no stored attribute 'recommend'"),
        ('["neighbor_codes_", ', '["neighbor_ids_", ', "has no stored attribute 'neighbor_ids_'"),
        ('["shrinkage", ', '["shrinkages", ', "unexpected keyword argument 'shrinkages'"),
        ('["n_threads", 1]', '["n_threads", -1]', "The 'n_threads' parameter"),
        ('"implicit"', '"cosine"', "expected one of explicit, implicit"),
        ('"recokit.ItemKNN"', '"recokit.EASE"', "recokit|EASE"),
    ],
)
def test_names_and_parameters_that_the_class_does_not_have_are_refused(tmp_path, parts, old, new, message):
    text = json.dumps(parts.tree)
    assert old in text
    with pytest.raises(ModelFormatError, match=message):
        load_changed(tmp_path, parts, tree=json.loads(text.replace(old, new)))


def test_an_array_belongs_to_one_attribute(tmp_path, parts):
    text = json.dumps(parts.tree)
    counts, codes = tensor_of(parts, "neighbor_counts_"), tensor_of(parts, "item_codes")
    with pytest.raises(ModelFormatError):
        load_changed(tmp_path, parts, tree=json.loads(text.replace(f'"{counts}"', f'"{codes}"')))
    with pytest.raises(ModelFormatError, match="more than one object"):
        load_changed(tmp_path, parts, tensors={**parts.tensors, "spare": np.zeros(3)})


def test_a_sparse_matrix_whose_bounds_overflow_is_refused(tmp_path):
    fitted(recokit.RP3beta, "implicit").save(tmp_path / "model")
    parts = parts_of((tmp_path / "model").read_bytes())
    csr = parts.tree[2][1][1][1][1]
    ((_, _, arrays),) = [value for name, value in csr if name == "item_weights_"]
    name = arrays[2][1]
    for place, number in ((3, -(2**63)), (3, 2**63 - 1), (-1, 0)):
        bounds = parts.tensors[name].astype(np.int64)
        bounds[place] = number
        with pytest.raises(ModelFormatError):
            load_changed(tmp_path, parts, tensors={**parts.tensors, name: bounds})


@pytest.mark.parametrize(
    ("tree", "tensors"),
    [
        (["strings", [2**40], "t0", "t1"], {"t0": np.zeros(8, np.uint8), "t1": np.zeros(2, np.int64)}),
        (["strings", [2], "t0", "t1"], {"t0": np.zeros(8, np.uint8), "t1": np.array([2**62, 2**62])}),
        (["strings", [2], "t0", "t1"], {"t0": np.zeros(8, np.uint8), "t1": np.array([-8, 16])}),
        (["objects", [10**12], []], {}),
        (["objects", [-1], [1, 2]], {}),
        (["times", "O", "t0"], {"t0": np.zeros(8, np.int64)}),
        (["times", "f8", "t0"], {"t0": np.zeros(8, np.int64)}),
        (
            ["csr", [10**12, 10], [["array", "t0"], ["array", "t1"], ["array", "t2"]]],
            {"t0": np.zeros(1, np.float32), "t1": np.zeros(1, np.int32), "t2": np.array([0, 1])},
        ),
        (["dict", [[["list", []], 1]]], {}),
        (["dict", [[key * (2**61 - 1), 1] for key in range(100_000)]], {}),
        ({"a": 1}, {}),
        ([], {}),
    ],
    ids=count(),
)
def test_a_part_of_the_tree_that_claims_too_much_is_refused_at_once(tmp_path, parts, tree, tensors):
    wrapped = ["object", "recokit.ItemKNN", ["dict", [["params", ["dict", []]], ["learned", tree]]]]
    with pytest.raises(ModelFormatError):
        load_changed(tmp_path, Parts(parts.document, wrapped, tensors))


def test_ids_that_all_have_the_same_hash_are_refused_at_once(tmp_path, parts):
    ids = [2**64 + key * (2**61 - 1) for key in range(50_000)]
    tree = ["object", "recokit.IdIndex", ["dict", [["values", ["objects", [len(ids)], ids]], ["order", None]]]]
    with pytest.raises(ModelFormatError, match="50000 keys have only 1 different hashes"):
        load_changed(tmp_path, Parts(parts.document, tree, {}))


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ({"t": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}, 16),
        ({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, 16),
        ({"t": {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]}}, 8),
        ({"t": {"dtype": "F32", "shape": [-2, -1], "data_offsets": [0, 8]}}, 8),
        ({"t": {"dtype": "F32", "shape": [2**32, 2**32], "data_offsets": [0, 0]}}, 0),
        ({"t": {"dtype": "O", "shape": [1], "data_offsets": [0, 8]}}, 8),
        ({"t": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}}, 8),
        ({name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in "tu"}, 8),
        ({"t": 3}, 0),
        ([], 0),
    ],
    ids=count(),
)
def test_a_header_that_does_not_fit_the_file_is_refused(tmp_path, header, size):
    text = json.dumps(header).encode()
    (tmp_path / "model").write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))
    with pytest.raises(ModelFormatError, match="is not a recokit model, or is damaged"):
        recokit.load(tmp_path / "model")


def test_the_container_is_read_and_written_like_that_of_safetensors(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    fitted(ItemKNN, "explicit").save(tmp_path / "model")
    _, _, tensors = parts_of((tmp_path / "model").read_bytes())
    other = safetensors.load_file(tmp_path / "model")
    assert other.keys() == tensors.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(other[name], array)
        assert other[name].dtype == array.dtype


@pytest.mark.parametrize(("kind", "feedback"), CASES, ids=NAMES)
def test_every_saved_attribute_is_described(kind, feedback):
    model = fitted(kind, feedback)
    described, saved = model._described(), model._to_state()["learned"]
    assert set(saved) <= set(described)
    for name, attribute in described.items():
        if not attribute.or_absent:
            with pytest.raises(ValueError, match=f"{name} is missing"):
                model._check_saved({other: value for other, value in saved.items() if other != name})
            with pytest.raises(ValueError, match=name):
                model._check_saved({**saved, name: b"bytes"})


def test_an_attribute_without_a_description_is_not_saved_unnoticed(tmp_path):
    model = fitted(recokit.Popularity, "implicit")
    model.extra_ = np.zeros(3)
    with pytest.raises(ValueError, match="Popularity has no stored attribute 'extra_'"):
        model.save(tmp_path / "model")


def test_a_model_that_could_not_be_loaded_again_is_not_saved(tmp_path):
    model = fitted(recokit.EASE, "implicit")
    model.item_weights_ = model.item_weights_ * np.float32(np.nan)
    with pytest.raises(ValueError, match=r"EASE\.item_weights_: a value is not finite"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_another_package_saves_what_it_does_not_describe(tmp_path):
    class Reach(Recommender):
        def __init__(self, feedback="auto", n_threads=None, verbose=False):
            self.feedback, self.n_threads, self.verbose = feedback, n_threads, verbose

        def _fit(self, interactions):
            self.n_users_ = np.bincount(interactions.item_codes, minlength=interactions.n_items)

        def _score_block(self, profiles):
            return np.tile(self.n_users_.astype(np.float32), (profiles.n_rows, 1))

    model = Reach().fit(data_of("implicit"))
    model.save(tmp_path / "model")
    assert recokit.load(tmp_path / "model").n_users_.tolist() == model.n_users_.tolist()
    model.recommend_ = model.n_users_
    vars(model)["recommend"] = model.n_users_
    saved = {**vars(model), "recommend": model.n_users_}
    with pytest.raises(ValueError, match="has no stored attribute"):
        model._check_saved({name: saved[name] for name in ("interactions_", "n_users_", "recommend")})


def test_loading_returns_an_object_that_can_be_saved(tmp_path, parts):
    with pytest.raises(ModelFormatError, match="more than one object, or none"):
        load_changed(tmp_path, Parts(parts.document, 1, {}))


@pytest.mark.skipif(not hasattr(persistence.os, "mkfifo"), reason="POSIX only")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    persistence.os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is not a regular file"):
        recokit.load(tmp_path / "pipe")


def test_all_recommenders_are_tried():
    assert {kind for kind, _ in CASES} == set(all_recommenders())
