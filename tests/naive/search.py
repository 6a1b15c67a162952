"""Search by loops over words, terms and items."""


def scores(query, postings, n_items):
    """Return the score of each item; None without a hit.

    `query` is a list of (mass, {term: weight}), `postings` maps terms to {item: weight}.
    """
    found = []
    total = sum(mass for mass, _ in query)
    for item in range(n_items):
        score = matched = 0.0
        is_hit = False
        for mass, terms in query:
            hits = [(weight * postings[term][item], weight) for term, weight in terms.items() if item in postings[term]]
            if hits:
                is_hit = True
                score += max(value for value, _ in hits)
                matched += mass * max(weight for _, weight in hits)
        found.append(score * matched / total if is_hit else None)
    return found


def edits(one, other):
    """Return the optimal string alignment distance by its recursive definition."""
    if not one or not other:
        return len(one) + len(other)
    best = min(
        edits(one[:-1], other) + 1, edits(one, other[:-1]) + 1, edits(one[:-1], other[:-1]) + (one[-1] != other[-1])
    )
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        best = min(best, edits(one[:-2], other[:-2]) + 1)
    return best
