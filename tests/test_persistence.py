import functools
import json
import os
import pickle
import stat
import threading
from importlib.metadata import version
from uuid import UUID

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy import sparse

import recokit
from recokit import Interactions, ModelFormatError, Popularity
from recokit.persistence import load, save, storable


@storable("recokit.tests.Box")
class Box:
    """A storable object with any content."""

    def __init__(self, content):
        self.content = content

    def _to_state(self):
        return {"content": self.content}

    @classmethod
    def _from_state(cls, state):
        return cls(state["content"])


def saved_and_loaded(content, path):
    save(Box(content), path)
    return load(path).content


def assert_same(actual, expected):
    assert type(actual) is type(expected)
    if isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        assert_same(actual.reshape(-1).tolist(), expected.reshape(-1).tolist())
    elif isinstance(expected, list | tuple):
        assert len(actual) == len(expected)
        for mine, theirs in zip(actual, expected, strict=True):
            assert_same(mine, theirs)
    elif isinstance(expected, dict):
        assert_same(list(actual.items()), list(expected.items()))
    elif isinstance(expected, Box):
        assert_same(actual.content, expected.content)
    else:
        assert repr(actual) == repr(expected)  # distinguishes NaN and -0.0


TEXT = st.text(st.characters(), max_size=6)  # includes Chinese, emoji, NUL, lone surrogates
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(TEXT, st.integers(), st.tuples(st.integers(), TEXT), st.none()), inner, max_size=3),
        inner.map(Box),
    ),
    max_leaves=8,
)


@given(NESTED)
@example(["list", []])
@example(["object", "recokit.Popularity", {}])
@example({"dict": ["dict"], ("tuple",): ("array", "t0")})
@example("\ud800 商品 \x00 🫖")
def test_loaded_scalars_lists_tuples_and_dictionaries_equal_the_saved_ones(tmp_path_factory, content):
    assert_same(saved_and_loaded(content, tmp_path_factory.mktemp("any") / "box"), content)


@given(st.lists(TEXT, max_size=6))
def test_loaded_arrays_of_strings_equal_the_saved_ones(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("strings") / "box"
    for dtype in (np.dtypes.StringDType(), object):
        assert_same(saved_and_loaded(np.array(texts, dtype=dtype), path), np.array(texts, dtype=dtype))


OBJECTS = np.empty((2, 2), dtype=object)
OBJECTS[:] = [[("a", 1), 2**70], [None, "商"]]


@pytest.mark.parametrize(
    "array",
    [
        *(np.array([[1, 0], [3, 1]], dtype=dtype) for dtype in "?bBhHiIqQefd"),
        np.array([np.nan, -0.0, np.inf], dtype=np.float32),
        np.empty((0, 3), dtype=np.float32),
        np.empty(0, dtype=np.int64),
        np.empty((0, 2), dtype=np.dtypes.StringDType()),
        np.empty((2, 0), dtype=object),
        np.array(2.5),
        np.array("x", dtype=np.dtypes.StringDType()),
        np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"),
        np.array([["2024-01-01"], ["1900-05-05"]], dtype="datetime64[D]"),
        np.array([5, -3], dtype="timedelta64[ms]"),
        np.array("2024-01-01", dtype="datetime64[s]"),
        np.array([["a", "商品"], ["", "c"]], dtype=np.dtypes.StringDType()),
        OBJECTS,
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_loaded_arrays_of_every_kind_equal_the_saved_ones(tmp_path, array):
    assert_same(saved_and_loaded(array, tmp_path / "box"), array)


def test_arrays_that_are_not_contiguous_or_native_keep_their_values(tmp_path):
    grid = np.arange(12.0).reshape(3, 4)
    for array in (grid.T, grid[:, ::2], grid.astype(">f8"), np.arange(3).astype(">i4"), np.array(["a", "商"])):
        again = saved_and_loaded(array, tmp_path / "box")
        assert again.tolist() == array.tolist()
        assert again.flags.c_contiguous
    times = np.array(["2024", "2025", "2026"], dtype="datetime64[s]")
    assert saved_and_loaded(times[::2], tmp_path / "box").tolist() == times[::2].tolist()
    assert saved_and_loaded(times.astype(">M8[s]"), tmp_path / "box").tolist() == times.tolist()


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 4), (3, 4)])
@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
def test_loaded_sparse_matrices_equal_the_saved_ones(tmp_path, shape, index_dtype):
    matrix = sparse.random_array(shape, density=0.5, format="csr", rng=np.random.default_rng(0), dtype=np.float32)
    matrix.indices, matrix.indptr = matrix.indices.astype(index_dtype), matrix.indptr.astype(index_dtype)
    again = saved_and_loaded(matrix, tmp_path / "box")
    assert isinstance(again, sparse.csr_array)
    assert again.shape == shape
    for part in ("data", "indices", "indptr"):
        assert_same(getattr(again, part), getattr(matrix, part))


def test_numpy_numbers_become_python_numbers_and_times_keep_their_dtype(tmp_path):
    content = [np.float32(1.5), np.int8(3), np.bool_(True), np.datetime64("2024", "ns"), np.timedelta64(5, "s")]
    again = saved_and_loaded(content, tmp_path / "box")
    assert again == content
    assert [type(value) for value in again[:3]] == [float, int, bool]
    assert [value.dtype for value in again[3:]] == [value.dtype for value in content[3:]]


# ---------------------------------------------------------------------- failed saves and new files


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (lambda: 0, ["function"]),
        (np.random.RandomState(0), ["RandomState"]),
        (np.random.default_rng(0), ["Generator"]),
        ({"a": {"b": object()}}, ["Box.content.a.b", "object"]),
        (b"bytes", ["bytes"]),
        (1 + 2j, ["complex"]),
        (np.array([1j]), ["complex128"]),
        (np.zeros(2, dtype="i4,f8"), ["array"]),
        (np.longdouble(1) / 3, ["longdouble"]),
        (np.array([1], dtype=np.longdouble), ["array of"]),
        ({1, 2}, ["set"]),
        (sparse.coo_array((2, 2)), ["coo_array"]),
        (np.array([object()], dtype=object), ["Box.content", "object"]),
        (np.array([b"x"]), ["array of |S1"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_for_an_unsupported_value_names_it_and_no_file_is_written(tmp_path, content, names):
    (tmp_path / "old").write_bytes(b"precious")
    for path in (tmp_path / "new", tmp_path / "old"):
        with pytest.raises(TypeError) as caught:
            save(Box(content), path)
        assert all(name in str(caught.value) for name in ["Box.content", *names])
    assert [entry.name for entry in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"precious"


def test_the_error_for_an_unsupported_parameter_names_it(tmp_path):
    model = Popularity().fit([(1, 2)])
    model.half_life = len
    with pytest.raises(
        TypeError, match=r"^Popularity\.params\.half_life: a builtin_function_or_method cannot be saved"
    ):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_fails_while_writing_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model"
    save(Box(1), path)

    def no_space_left(*_, **__):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("recokit.persistence.write_tensors", no_space_left)
        with pytest.raises(OSError, match="no space left"):
            save(Box(2), path)
    assert load(path).content == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_saving_over_a_folder_or_into_a_missing_folder_leaves_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        save(Box(1), tmp_path / "folder")
    with pytest.raises(FileNotFoundError):
        save(Box(1), tmp_path / "nowhere" / "model")
    assert [entry.name for entry in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        save(Box(1), tmp_path / "model")
        (tmp_path / "other").touch()
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("model", "other")]
    assert modes[0] == modes[1]
    assert os.umask(before) == before


def test_several_threads_can_save_to_the_same_path(tmp_path):
    path = str(tmp_path / "model")
    threads = [threading.Thread(target=save, args=(Box(["x" * 1000, k]), path)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(path).content[1] in range(8)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


# ---------------------------------------------------------------------- damaged and foreign files


@functools.cache
def fitted_model():
    data = Interactions.from_arrays(["安", "b", "b"], [1, 2, 3], [5, 3, 4], np.array(["2024"] * 3, "datetime64[s]"))
    return recokit.BiasBaseline().fit(data)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "model"
    fitted_model().save(path)
    return path.read_bytes()


def loads_the_same_model(path, damaged):
    """Return whether a file loads to the same model; if not, check that the error names the file."""
    path.write_bytes(damaged)
    try:
        model = load(path)
    except ModelFormatError as error:
        assert str(path) in str(error)  # noqa: PT017 (loading may also succeed)
        return False
    expected = fitted_model()
    assert type(model) is type(expected)
    assert model.get_params() == expected.get_params()
    pairs = [("安", 1), ("b", 1), ("c", 9)]
    assert model.predict(pairs).tolist() == expected.predict(pairs).tolist()
    assert model.recommend().items.tolist() == expected.recommend().items.tolist()
    return True


DAMAGE = st.one_of(
    st.tuples(st.just("flip"), st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4)),
    st.tuples(st.just("cut"), st.floats(0, 1)),
    st.tuples(st.just("insert"), st.floats(0, 1), st.binary(min_size=1, max_size=9)),
    st.tuples(st.just("remove"), st.floats(0, 1), st.integers(1, 40)),
    st.tuples(st.just("swap"), st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.just("digit"), st.floats(0, 1), st.sampled_from(b'0123456789"[]{},:\\')),
)


def damage(whole, kind, *how):
    size = len(whole) - 1
    data = bytearray(whole)
    if kind == "flip":
        for place, bits in how[0]:
            data[int(place * size)] ^= bits
    elif kind == "cut":
        del data[int(how[0] * size) :]
    elif kind == "insert":
        data[int(how[0] * size) : int(how[0] * size)] = how[1]
    elif kind == "remove":
        del data[int(how[0] * size) : int(how[0] * size) + how[1]]
    elif kind == "swap":
        first, second = (int(place * size) for place in how)
        data[first], data[second] = data[second], data[first]
    else:
        header = 8 + int.from_bytes(whole[:8], "little")
        data[8 + int(how[0] * (header - 9))] = how[1]
    return bytes(data)


@settings(max_examples=400)
@given(how=DAMAGE)
def test_a_damaged_file_is_refused_or_loads_to_the_same_model(whole, tmp_path_factory, how):
    loads_the_same_model(tmp_path_factory.getbasetemp() / "damaged", damage(whole, *how))


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda b: len(b).to_bytes(8, "little") + b)))
def test_random_bytes_are_refused(tmp_path_factory, noise):
    assert not loads_the_same_model(tmp_path_factory.getbasetemp() / "noise", noise)


def test_every_flipped_byte_of_the_arrays_is_detected(whole, tmp_path):
    start = 8 + int.from_bytes(whole[:8], "little")
    assert len(whole) > start
    for place in range(start, len(whole), 3):
        damaged = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        assert not loads_the_same_model(tmp_path / "model", damaged)


def document_of(whole):
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    return json.loads(header["__metadata__"]["recokit"])


def test_a_file_names_its_format_and_version_and_is_not_a_pickle(whole):
    document = document_of(whole)
    assert document["format"] == 1
    assert document["version"] == version("recokit")
    assert len(whole) > 8
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(whole)


FOREIGN = {
    "no metadata": None,
    "other metadata": {"format": "pt"},
    "no JSON": {"recokit": "{"},
    "no object": {"recokit": "[1]"},
    "deep": {"recokit": "[" * 100_000},
    "no tree": {"recokit": '{"format": 1}'},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_safetensors_files_are_refused(tmp_path, kind):
    path = tmp_path / "weights.safetensors"
    save_file({"w": np.ones(3, dtype=np.float32)}, path, metadata=FOREIGN[kind])
    with pytest.raises(ModelFormatError, match=r"weights\.safetensors"):
        load(path)


def forged(path, tree, tensors=None, **document):
    """Write a file with a correct checksum, as another program or an attacker could."""
    from recokit.persistence import _checksum

    tensors = tensors or {}
    document = {"format": 1, "version": "0", "tree": tree, "checksum": _checksum(tree, tensors), **document}
    save_file(tensors, path, metadata={"recokit": json.dumps(document)})


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ('["object", "os.system", ["dict", []]]', "holds an object of the unknown class os.system"),
        ('["object", "recokit.Popularity", ["dict", []]]', "does not hold a valid model"),
        ('["object", "recokit.Popularity", 3]', "does not hold a valid model"),
        ('["object"]', "does not hold a valid model"),
        ('["eval", "1"]', "unknown tag 'eval'"),
        ("[]", "does not hold a valid model"),
        ('[["list"]]', "does not hold a valid model"),
        ("{}{}", "does not hold a valid model"),
        ('["array", "t9"]', "does not hold a valid model"),
        ('["csr", [1, 1], [["array", "t0"], ["array", "t0"], ["array", "t0"]]]', "does not hold a valid model"),
        ('["strings", [5], "t0", "t0"]', "does not hold a valid model"),
        ("[" * 50_000, "does not hold a valid model"),
        ('["list", [' * 5_000 + "]]" * 5_000, "does not hold a valid model"),
    ],
    ids=[
        "unknown class",
        "empty state",
        "number as state",
        "no class",
        "unknown tag",
        "no tag",
        "list as tag",
        "two documents",
        "missing tensor",
        "invalid matrix",
        "invalid strings",
        "unclosed nesting",
        "deep nesting",
    ],
)
def test_files_with_a_correct_checksum_and_an_invalid_tree_are_refused(tmp_path, tree, message):
    forged(tmp_path / "model", tree, {"t0": np.array([7, 200], dtype=np.int64)})
    with pytest.raises(ModelFormatError, match=message):
        load(tmp_path / "model")


def test_inconsistent_interactions_are_refused(tmp_path):
    data = Interactions.from_arrays([1, 2], [1, 2])
    arrays = {"indptr": data.indptr, "item_codes": data.item_codes, "values": data.values}
    for name, wrong in [
        ("indptr", np.array([0, 3, 2])),
        ("indptr", np.array([0, 2])),
        ("indptr", np.array([1, 1, 2])),
        ("item_codes", np.array([0, 2], dtype=np.int32)),
        ("item_codes", np.array([-1, 1], dtype=np.int32)),
        ("values", np.ones(3, dtype=np.float32)),
    ]:
        made = Interactions(data.users, data.items, **{**arrays, name: wrong}, timestamps=None, feedback="implicit")
        save(made, tmp_path / "data")
        with pytest.raises(ModelFormatError, match=r"Interactions\.(indptr|item_codes|values)"):
            load(tmp_path / "data")


def test_the_error_for_a_newer_format_shows_both_formats(tmp_path):
    forged(tmp_path / "model", "1", format=2)
    with pytest.raises(ModelFormatError, match="format 2; this version of recokit reads format 1"):
        load(tmp_path / "model")


def test_an_unreadable_file_raises_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")
    with pytest.raises(OSError, match=r"directory|Permission"):
        load(tmp_path)


def test_a_loaded_model_does_not_depend_on_its_file(tmp_path):
    path = tmp_path / "model"
    fitted_model().save(path)
    model = load(path)
    path.write_bytes(bytes(path.stat().st_size))
    path.unlink()
    assert model.recommend().items.tolist() == fitted_model().recommend().items.tolist()


# ---------------------------------------------------------------------- storage keys


def test_a_second_class_under_a_storage_key_is_refused():
    class Other(Popularity, storage_key="tests.storage.key"):
        pass

    with pytest.raises(TypeError, match=r"the storage key 'tests.storage.key' belongs to .*Other; give the new class"):

        class Another(Popularity, storage_key="tests.storage.key"):
            pass

    assert Other._stored_as == "tests.storage.key"


def test_classes_of_the_same_name_in_two_modules_are_distinguished(tmp_path):
    def define(module, bonus):
        code = "class Model(Popularity):\n    def _popular_scores(self):\n        return self.item_counts_ + bonus"
        scope = {"Popularity": Popularity, "__name__": module, "bonus": np.float32(bonus)}
        exec(code, scope)
        return scope["Model"]

    views, sales = define("shop.views", 0), define("shop.sales", 7)
    for kind in (views, sales):
        kind().fit([(1, 2), (2, 2)]).save(tmp_path / kind.__module__)
    assert [type(recokit.load(tmp_path / name)) for name in ("shop.views", "shop.sales")] == [views, sales]


def test_a_class_that_is_defined_again_replaces_the_old_one(tmp_path):
    for _ in range(2):  # as in a notebook

        class Again(Popularity):
            pass

    Again().fit([(1, 2), (2, 2)]).save(tmp_path / "model")
    assert type(recokit.load(tmp_path / "model")) is Again


def test_ids_of_type_uuid_are_saved(tmp_path):
    users = [UUID(int=number) for number in (3, 1, 2)]
    model = Popularity().fit([(users[0], "tea"), (users[1], "tea"), (users[2], "cup")])
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert list(loaded.interactions_.users) == sorted(users)
    assert loaded.recommend(users[2])[users[2]] == [("tea", 2.0)]


def test_load_refuses_an_object_of_another_class_than_expected(tmp_path):
    path = tmp_path / "model"
    recokit.ItemKNN().fit([("ann", "tea"), ("bob", "tea"), ("bob", "cup")]).save(path)
    assert isinstance(recokit.load(path, kind=recokit.ItemKNN), recokit.ItemKNN)
    assert isinstance(recokit.load(path, kind=recokit.Recommender), recokit.ItemKNN)
    with pytest.raises(recokit.ModelFormatError, match=r"model holds an object of the class ItemKNN, not EASE"):
        recokit.load(path, kind=recokit.EASE)
