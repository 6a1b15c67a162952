import numpy as np
import pytest

import recokit
from recokit._runtime.progress import progress_bar
from recokit.content import ContentRecommender, Text
from recokit.content._encoding import VectorCache, encode
from recokit.exceptions import DataError

# The catalogue has an empty text on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*cannot be compared")

CATALOGUE = {"item_id": [1, 2, 3, 4], "title": ["green tea", "green cup", "", "green tea"]}


class LetterCounts:
    """An encoder that counts letters and remembers its batches."""

    def __init__(self, fail_at=None):
        self.batches = []
        self.fail_at = fail_at

    def __call__(self, texts):
        if self.fail_at is not None and len(self.batches) == self.fail_at:
            raise RuntimeError("quota exceeded")
        self.batches.append(list(texts))
        return np.array([[text.count(letter) for letter in "abcdeghnprtu"] for text in texts])


def model_with(encoder, **options):
    return ContentRecommender([Text("title", encoder=encoder, **options)])


def run(texts, encoder, cache=None, batch_size=2):
    with progress_bar(len(texts), "test", "texts", show=False) as bar:
        cache = VectorCache() if cache is None else cache
        return encode(texts, encoder, "title", batch_size=batch_size, cache=cache, bar=bar)


def test_distinct_texts_are_encoded_once_in_batches_and_empty_texts_never():
    encoder = LetterCounts()
    model = model_with(encoder, batch_size=1).fit([("ann", 1)], catalogue=CATALOGUE)
    assert encoder.batches == [["green tea"], ["green cup"]]
    similar = dict(model.similar_items([1])[1])
    assert similar[4] == pytest.approx(1.0)
    assert 3 not in similar


def test_a_second_fit_encodes_only_new_texts():
    encoder = LetterCounts()
    model_with(encoder).fit([("ann", 1)], catalogue=CATALOGUE)
    more = {"item_id": [1, 2, 5], "title": ["green tea", "green cup", "red pot"]}
    model_with(encoder).fit([("ann", 1)], catalogue=more)
    assert encoder.batches[1:] == [["red pot"]]


def test_without_a_cache_all_texts_are_encoded_again():
    encoder = LetterCounts()
    for _ in range(2):
        model_with(encoder, cache=False).fit([("ann", 1)], catalogue=CATALOGUE)
    assert len(encoder.batches) == 2


def test_a_folder_keeps_the_vectors_for_another_process(tmp_path):
    first = model_with(LetterCounts(), cache=tmp_path / "vectors").fit([("ann", 1)], catalogue=CATALOGUE)
    other = LetterCounts(fail_at=0)
    again = model_with(other, cache=str(tmp_path / "vectors")).fit([("ann", 1)], catalogue=CATALOGUE)
    assert again.recommend("ann")["ann"] == first.recommend("ann")["ann"]
    assert not list((tmp_path / "vectors").glob("*.part"))


def test_a_damaged_file_in_the_folder_is_named(tmp_path):
    model_with(LetterCounts(), cache=tmp_path).fit([("ann", 1)], catalogue=CATALOGUE)
    (file,) = tmp_path.glob("*.vectors")
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(DataError, match=f"{file.name} is damaged"):
        model_with(LetterCounts(), cache=tmp_path).fit([("ann", 1)], catalogue=CATALOGUE)


def test_an_encoder_that_raises_keeps_the_batches_before_and_the_next_fit_continues():
    encoder = LetterCounts(fail_at=2)
    catalogue = {"item_id": np.arange(6), "title": [f"tea {k}" for k in "abcdef"]}
    model = model_with(encoder, batch_size=2)
    with pytest.raises(DataError, match=r"title: texts 5 to 6 of 6, such as 'tea e'.*RuntimeError: quota.*4 texts"):
        model.fit([("ann", 0)], catalogue=catalogue)
    encoder.fail_at = None
    model.fit([("ann", 0)], catalogue=catalogue)
    assert encoder.batches[2:] == [["tea e", "tea f"]]


def test_an_encoder_that_raises_keeps_the_batches_before_in_the_folder(tmp_path):
    with pytest.raises(DataError, match="quota"):
        run(["a", "b", "c"], LetterCounts(fail_at=1), VectorCache(folder=tmp_path))
    assert len(VectorCache(folder=tmp_path).vectors) == 2


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (lambda texts: np.full((len(texts), 2), np.nan), "NaN or infinite numbers for 2 text.*'a', 'b'"),
        (lambda texts: [[1.0], [1.0, 2.0]], "different lengths"),
        (lambda texts: np.ones((1, 3)), r"expected an array of 2 vectors.*got shape \(1, 3\)"),
        (lambda texts: np.ones(len(texts)), r"got shape \(2,\)"),
        (lambda texts: None, "no numbers|got shape"),
        (lambda texts: [["x"], ["y"]], "got shape|no numbers"),
        (lambda texts: np.ones((len(texts), 0)), r"got shape \(2, 0\)"),
    ],
)
def test_vectors_of_an_encoder_are_checked(encoder, message):
    with pytest.raises(DataError, match=f"title: texts 1 to 2 of 2.*({message})"):
        run(["a", "b"], encoder)


def test_a_change_of_the_length_of_vectors_is_an_error():
    cache = VectorCache()
    run(["a"], lambda texts: np.ones((len(texts), 2)), cache)
    with pytest.raises(DataError, match="length 3, but earlier vectors have length 2"):
        run(["b"], lambda texts: np.ones((len(texts), 3)), cache)


def test_lists_of_arrays_are_accepted():
    assert run(["a", "b"], lambda texts: [np.ones(2), np.zeros(2)]).tolist() == [[1, 1], [0, 0]]


def test_a_catalogue_without_texts_has_nothing_to_encode():
    with (
        pytest.warns(UserWarning, match="cannot be compared"),
        pytest.raises(DataError, match="all 2 texts are missing"),
    ):
        model_with(LetterCounts()).fit([("ann", 1)], catalogue={"item_id": [1, 2], "title": [None, ""]})


def test_an_encoder_cannot_be_saved_but_its_vectors_can(tmp_path):
    model = model_with(LetterCounts()).fit([("ann", 1)], catalogue=CATALOGUE)
    with pytest.raises(TypeError, match=r"model.set_params\(title__encoder='saved'\)"):
        model.save(tmp_path / "model")
    model.set_params(title__encoder="saved").save(tmp_path / "model")
    again = recokit.load(tmp_path / "model")
    assert again.recommend("ann")["ann"] == model.recommend("ann")["ann"]
    again.partial_fit([("bob", 2)])
    assert [item for item, _ in again.recommend("bob")["bob"]] == [1, 4]
    with pytest.raises(DataError, match="lacks 1 of the texts: 'red pot'; set the encoder"):
        again.partial_fit(catalogue={"item_id": [9], "title": ["red pot"]})
    again.set_params(title__encoder=LetterCounts()).partial_fit(catalogue={"item_id": [9], "title": ["red pot"]})
    assert 9 in dict(again.recommend("ann")["ann"])


def test_saved_vectors_alone_cannot_be_fitted():
    with pytest.raises(DataError, match="encoder='saved' has only the vectors of the fitted model"):
        model_with("saved").fit([("ann", 1)], catalogue=CATALOGUE)


def test_word_vectors_of_a_language_model_find_titles_without_a_common_word():
    wordllama = pytest.importorskip("wordllama")
    folder = wordllama.__path__[0]
    encoder = wordllama.WordLlama.load(cache_dir=folder, disable_download=True).embed
    titles = {1: "sofa for the living room", 2: "couch", 3: "wireless headphones", 4: "bluetooth earphones"}
    model = model_with(encoder).fit([("ann", 1)], catalogue=titles)
    assert model.similar_items([1, 3], n=1)[1][0][0] == 2
    assert model.similar_items([3], n=1)[3][0][0] == 4
