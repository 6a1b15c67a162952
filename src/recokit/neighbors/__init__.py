r"""Neighbourhood models: recommendations from similar users (`UserKNN`) or similar items (`ItemKNN`).

The notes below apply to both models. *Rows* are the side that is compared, users for `UserKNN` and items for `ItemKNN`;
*columns* are the other side.

**Similarities.** With x and y the values of two rows, A and B the sets of their columns, n = \|A ∩ B\| and N the
number of columns with interactions:

=============================== ============================================================================
``"cosine"``                    Σ x y / √(Σ x² Σ y²), over all columns; missing values are 0
``"asymmetric_cosine"``         Σ x y / ((Σ x²)^α (Σ y²)^(1−α)), over all columns
``"pearson"``                   correlation of x and y over A ∩ B
``"adjusted_cosine"``           Σ x y / √(Σ x² Σ y²) over A ∩ B, after subtracting the mean of each column
``"pearson_baseline"``          the same, after subtracting the baseline μ + b_u + b_i of each value
``"jaccard"``                   n / \|A ∪ B\|
``"dice"``                      2 n / (\|A\| + \|B\|)
``"tversky"``                   n / (n + α \|A − B\| + β \|B − A\|)
``"conditional_probability"``   n / \|A\|
``"lift"``                      n N / (\|A\| \|B\|)
``"log_likelihood"``            Dunning's G² of the 2 × 2 table; 0 if n does not exceed its expectation by chance
=============================== ============================================================================

* ``shrinkage``: a similarity based on n common columns is multiplied by n / (n + shrinkage), a correlation by
  (n − 1) / (n − 1 + shrinkage), because a single common column carries no information on a correlation.
* ``min_common``: rows with fewer common columns have a similarity of 0.
* ``weighting``: transforms the values x before ``"cosine"``, ``"asymmetric_cosine"`` or a user-defined similarity is
  computed, so that frequent columns count less. A row is treated as a document, its columns as words, and x as the
  frequency of a word:

  .. math:: \mathrm{tfidf} = \sqrt x \, \mathrm{idf}_c, \qquad
     \mathrm{bm25} = \frac{x (k_1 + 1)}{x + k_1 (1 - b + b \, |r| / \overline{|r|})} \, \mathrm{idf}_c, \qquad
     \mathrm{idf}_c = \ln\left(1 + \frac{n_{rows}}{n_{rows\ with\ c}}\right)

  where :math:`n_{rows}` is the number of rows with interactions, :math:`|r|` the sum of the values of the row,
  :math:`\overline{|r|}` the mean of these sums, :math:`k_1 = 1.2` and :math:`b = 0.75`. Negative values are not
  allowed.
* Only rows with a similarity above 0 are neighbours, for ratings too: a negative correlation is rarely more than
  noise. A row is never its own neighbour.

**User-defined similarities.** ``similarity`` may be a function compiled with ``numba.njit``. It is called as
``f(n, Σxy, |A|, |B|, Σx², Σy²)`` with six floats for two rows with a common column, and returns the similarity of the
first row to the second. Σx² and Σy² are sums over all columns of either row. Sums over A ∩ B alone are not available:
they would double the work, and correlations, which need them, are built in. The result is shrunk like the other
similarities. NaN means no similarity; infinity raises an error. The function is compiled anew in each process, and a
model with a function cannot be saved (pickle works).

**Time decay.** With ``half_life``, an interaction has the weight w = 2^(−age / half-life), where the age is the time
between it and the latest interaction. Similarities are computed from the values times w; ``"pearson"`` subtracts the
mean of the row first. For sets, the values are 1 times w, and Σxy (at most the smaller of the other two), Σx² and Σy²
replace n, \|A\| and \|B\|. In sums, strengths are multiplied by w. In means, ratings keep their values and have the
weight w. Histories that are given to ``recommend_for`` have an age of 0.

**Memory.** No n_rows × n_rows matrix is stored. In addition to the interactions, ``fit`` on implicit feedback needs 8
bytes per interaction for a transposed copy, 16 more with weighted values and 16 more with time decay; 24 bytes × n_rows
× k while the neighbour lists are built; and for each thread 16 bytes × n_rows, or 48 for correlations. For ratings,
neighbours are not stored: ``predict`` searches for them among the rows with a rating in the same column.

**Edge cases.** If k exceeds the number of similar rows, all similar rows are neighbours. Users and items without
interactions are never neighbours. Their predicted ratings are b, with a bias of 0 and the mean of all ratings as their
mean; for implicit feedback, such users have empty lists and such items are in no list. If a variance is 0, for example
because all values are equal, ``"pearson"``, ``"adjusted_cosine"`` and ``"pearson_baseline"`` are 0. With a single row
there are no neighbours: ratings are b, and lists of implicit feedback are empty. Ratings may be negative. Rows with a
negative ``"cosine"`` are not neighbours.

**Incremental updates.** ``partial_fit`` gives the neighbours of a refit. It recomputes the lists of changed rows and of
rows with a neighbour that has become less similar. It inserts changed rows into the other lists. If all values
change, it refits: a new row changes every idf, a new column changes N of ``"lift"`` and ``"log_likelihood"``, and a
later interaction changes every age. It also refits if an update would take more than half the work.

References: S. Robertson and H. Zaragoza (2009), The probabilistic relevance framework: BM25 and beyond, Foundations and
Trends in Information Retrieval 3(4). T. Dunning (1993), Accurate methods for the statistics of surprise and
coincidence, Computational Linguistics 19(1). Y. Ding and X. Li (2005), Time weight collaborative filtering, CIKM.
"""

from recokit.neighbors.item_knn import ItemKNN
from recokit.neighbors.user_knn import UserKNN

__all__ = ["ItemKNN", "UserKNN"]
