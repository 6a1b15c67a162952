"""Models whose arrays are mapped from the file."""

import subprocess
import sys

import numpy as np
import pytest

import recokit
from recokit import ModelFormatError
from recokit.serving import ModelStore

RNG = np.random.default_rng(0)
PAIRS = [(user, item) for user in range(30) for item in range(20) if RNG.random() < 0.3]
MODELS = [
    recokit.Popularity(),
    recokit.ItemKNN(5),
    recokit.EASE(),
    recokit.RP3beta(),
    recokit.ImplicitALS(4, random_state=0),
    recokit.TfidfRecommender(),
]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_mapped_model_gives_the_same_lists_and_compiles_nothing_new(model, tmp_path):
    side = {"catalogue": {item: f"word{item % 3} word{item % 5}" for item in range(20)}}
    model.fit(PAIRS, **(side if isinstance(model, recokit.TfidfRecommender) else {}))
    model.save(tmp_path / "model")
    mapped = recokit.load(tmp_path / "model", mmap=True)
    assert_same(model, mapped)
    more = [(99, 3), (3, 19)]
    assert_same(model.partial_fit(more), mapped.partial_fit(more))
    assert_same(recokit.load(tmp_path / "model"), recokit.load(tmp_path / "model", mmap=True, verify=False))


def assert_same(model, other):
    mine, theirs = model.recommend(n=5), other.recommend(n=5)
    np.testing.assert_array_equal(mine.items, theirs.items)
    np.testing.assert_array_equal(mine.scores, theirs.scores)


def test_arrays_are_mapped_writable_and_a_change_does_not_reach_the_file(tmp_path):
    recokit.EASE().fit(PAIRS).save(tmp_path / "model")
    before = (tmp_path / "model").read_bytes()
    weights = recokit.load(tmp_path / "model", mmap=True).item_weights_
    assert type(weights) is np.ndarray
    assert weights.flags.aligned
    base = weights
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    weights[:] = 7
    assert (tmp_path / "model").read_bytes() == before
    assert recokit.load(tmp_path / "model").item_weights_.max() < 7


def test_a_damaged_file_is_found_by_the_checksum_only_if_it_is_verified(tmp_path):
    recokit.EASE().fit(PAIRS).save(tmp_path / "model")
    content = bytearray((tmp_path / "model").read_bytes())
    place = content.index(recokit.load(tmp_path / "model").item_weights_.tobytes())
    content[place + 4 : place + 8] = np.float32(0.5).tobytes()
    (tmp_path / "model").write_bytes(content)
    for mmap in (False, True):
        with pytest.raises(ModelFormatError, match="checksum"):
            recokit.load(tmp_path / "model", mmap=mmap)
        assert recokit.load(tmp_path / "model", mmap=mmap, verify=False).item_weights_[0, 1] == 0.5


def test_ranges_are_checked_without_the_checksum_too(tmp_path):
    model = recokit.RP3beta().fit(PAIRS)
    model.save(tmp_path / "model")
    content = bytearray((tmp_path / "model").read_bytes())
    codes = model.item_weights_.indices.tobytes()
    content[content.index(codes) : content.index(codes) + 4] = np.int32(10**6).tobytes()
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelFormatError):
        recokit.load(tmp_path / "model", mmap=True, verify=False)


def test_an_encrypted_file_cannot_be_mapped(tmp_path):
    with pytest.raises(ValueError, match="an encrypted file cannot be mapped"):
        recokit.load(tmp_path / "model", key=b"k" * 32, mmap=True)


def test_a_store_maps_its_models_and_a_new_version_leaves_the_mapped_one(tmp_path):
    store = ModelStore(tmp_path, keep=1, mmap=True)
    model = recokit.ItemKNN(5).fit(PAIRS)
    store.publish(model)
    mapped = store.current()
    store.publish(recokit.Popularity().fit(PAIRS))  # deletes the file of the first version
    assert_same(model, mapped)
    assert isinstance(store.current(), recokit.Popularity)


SHARED = """
import sys
import numpy as np
import recokit

def private_bytes():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))  # not of the file

recokit.load(sys.argv[1], mmap=True, verify=False)  # imports and compiles all that the second call needs
before = private_bytes()
model = recokit.load(sys.argv[1], mmap=sys.argv[2] == "yes", verify=False)
float(model.item_weights_.sum())
print(private_bytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_processes_share_the_pages_of_a_mapped_file(tmp_path):
    items = np.arange(1500)
    data = recokit.Interactions.from_arrays(np.repeat(np.arange(5), 1500), np.tile(items, 5))
    recokit.EASE().fit(data).save(tmp_path / "model")
    size = 4 * 1500**2
    command = [sys.executable, "-c", SHARED, str(tmp_path / "model")]
    grown = {
        how: int(subprocess.run([*command, how], capture_output=True, text=True, timeout=120, check=True).stdout)
        for how in ("yes", "no")
    }
    assert grown["no"] > 0.9 * size
    assert grown["yes"] < 0.3 * size
