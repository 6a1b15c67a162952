"""TF-IDF recommendations with dictionaries, one pair at a time, from the textbook formulas."""

import math
import unicodedata

_CJK_NAMES = (
    "CJK UNIFIED",
    "CJK COMPATIBILITY IDEOGRAPH",
    "IDEOGRAPHIC ITERATION",
    "IDEOGRAPHIC CLOSING",
    "IDEOGRAPHIC NUMBER ZERO",
    "HIRAGANA LETTER",
    "HIRAGANA ITERATION",
    "HIRAGANA VOICED",
    "HIRAGANA DIGRAPH",
    "HENTAIGANA",
    "KATAKANA LETTER",
    "KATAKANA ITERATION",
    "KATAKANA VOICED",
    "KATAKANA DIGRAPH",
    "KATAKANA-HIRAGANA PROLONGED",
    "HANGUL",
)


def kind(character):
    """Return the class of a character: "cjk", "letter" (or digit), "mark", or "" for a separator."""
    if unicodedata.name(character, "").startswith(_CJK_NAMES) and unicodedata.category(character)[0] in "LN":
        return "cjk"
    if character.isalnum():
        return "letter"
    return "mark" if unicodedata.category(character)[0] == "M" else ""


def terms(text):
    """Return the terms of a text, read character by character with a new run at every change of class.

    For texts without units, accents, traditional characters, HTML, apostrophes, and letters next to digits.
    """
    found, run, run_kind = [], "", ""
    text = unicodedata.normalize("NFKC", text).casefold() + " "
    for position, character in enumerate(text):
        now = kind(character)
        in_word = run_kind == "letter"
        if now == "mark":
            now = "letter" if in_word and not run.endswith(".") else ""
        elif character == "." and in_word:
            inside_number = all(c.isdecimal() or c == "." for c in run) and text[position + 1].isdecimal()
            now = "letter" if inside_number else ""
        if now != run_kind:
            if run_kind == "letter":
                found.append(run)
            elif run_kind == "cjk":
                found.extend([run] if len(run) == 1 else [run[k : k + 2] for k in range(len(run) - 1)])
            run, run_kind = "", now
        if now:
            run += character
    return found


def unit(vector):
    norm = math.sqrt(sum(value * value for value in vector.values()))
    return {term: value / norm for term, value in vector.items()} if norm > 0 else {}


def vectors(documents, *, sublinear_tf, min_df=1):
    """Return the unit vectors of lists of terms: tf · (ln((1 + n) / (1 + df)) + 1)."""
    n = len(documents)
    df = {}
    for document in documents:
        for term in set(document):
            df[term] = df.get(term, 0) + 1
    result = []
    for document in documents:
        vector = {}
        for term in set(document):
            if df[term] >= min_df:
                tf = document.count(term)
                tf = 1 + math.log(tf) if sublinear_tf else tf
                vector[term] = tf * (math.log((1 + n) / (1 + df[term])) + 1)
        result.append(unit(vector))
    return result


def cosine(history, item_vectors, item):
    """Return the cosine of an item and the profile of ``history``, a list of (item, weight); None without evidence."""
    profile = {}
    for other, weight in history:
        for term, value in item_vectors[other].items():
            profile[term] = profile.get(term, 0.0) + weight * value
    if not set(profile) & set(item_vectors[item]):
        return None
    norm = math.sqrt(sum(value * value for value in profile.values()))
    if norm <= 1e-6 * sum(abs(weight) for _, weight in history):
        return None
    return sum(profile.get(term, 0.0) * value for term, value in item_vectors[item].items()) / norm


def rating_weights(ratings, global_mean, damping):
    """Return a user's damped mean and the rating weights: the deviations from it, or all 1 if every deviation is 0."""
    mean = (sum(ratings) + damping * global_mean) / (len(ratings) + damping)
    weights = [rating - mean for rating in ratings]
    if all(abs(weight) < 1e-6 for weight in weights):
        weights = [1.0] * len(ratings)
    return mean, weights


def rating(cos, mean, lowest, highest):
    """Map a cosine in [-1, 1] to [lowest, highest], 0 to the mean."""
    return mean + cos * (highest - mean if cos > 0 else mean - lowest)
