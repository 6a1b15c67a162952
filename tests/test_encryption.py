import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recokit import ItemKNN, ModelFormatError, _encryption, load

KEY = b"0123456789abcdef0123456789abcdef"
pytest.importorskip("cryptography")


@pytest.fixture
def model():
    return ItemKNN().fit([("wanda", "tea"), ("bob", "tea"), ("bob", "cup")])


def test_an_encrypted_file_shows_nothing_and_loads_with_its_key(model, tmp_path):
    model.save(tmp_path / "model", key=KEY)
    content = (tmp_path / "model").read_bytes()
    assert not any(word in content for word in (b"wanda", b"tea", b"ItemKNN", b"format"))
    again = load(tmp_path / "model", key=KEY)
    assert again.recommend("wanda")["wanda"] == model.recommend("wanda")["wanda"]


def test_two_files_of_the_same_model_differ(model, tmp_path):
    for name in "ab":
        model.save(tmp_path / name, key=KEY)
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert first[32:] != second[32:]


def test_a_wrong_or_missing_key_is_refused(model, tmp_path):
    model.save(tmp_path / "model", key=KEY)
    with pytest.raises(ModelFormatError, match="the key is wrong"):
        load(tmp_path / "model", key=KEY[::-1])
    with pytest.raises(ModelFormatError, match="give the key"):
        load(tmp_path / "model")


def test_a_key_for_a_file_that_is_not_encrypted_is_refused(model, tmp_path):
    model.save(tmp_path / "model")
    with pytest.raises(ModelFormatError, match="is not encrypted"):
        load(tmp_path / "model", key=KEY)


@pytest.mark.parametrize("key", [b"", b"short"])
def test_an_empty_or_short_key_is_refused_before_anything_is_written(model, tmp_path, key):
    with pytest.raises(ValueError, match="at least 16 bytes"):
        model.save(tmp_path / "model", key=key)
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match="bytes"):
        model.save(tmp_path / "model", key="a text of more than 16 characters")


@given(st.binary(max_size=90), st.integers(1, 40), st.data())
def test_contents_of_any_length_return_and_any_change_is_refused(content, chunk, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_encryption, "_CHUNK", chunk)
        encrypted = _encryption.encrypt(content, KEY)
        assert _encryption.is_encrypted(encrypted)
        assert _encryption.decrypt(encrypted, KEY, "file") == content
        place = data.draw(st.integers(16, len(encrypted) - 1))
        flipped = encrypted[:place] + bytes([encrypted[place] ^ 1]) + encrypted[place + 1 :]
        n_cut = data.draw(st.integers(1, len(encrypted) - 16))
        for changed in (flipped, encrypted[:-n_cut], encrypted + b"x", encrypted + os.urandom(chunk + 16)):
            with pytest.raises(ModelFormatError):
                _encryption.decrypt(changed, KEY, "file")


def test_a_missing_library_is_named_with_its_extra(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ImportError, match=r"recokit\[privacy\]"):
        model.save(tmp_path / "model", key=KEY)
    assert not list(tmp_path.iterdir())
