"""The equivalent in NumPy, or in plain Python, of each kernel that has one."""

from collections.abc import Callable
from typing import Any

from recokit.kernels import (
    bias,
    gram,
    ids,
    neighbors,
    reranking,
    rows,
    search,
    selection,
    sessions,
    similarity,
    slim,
    sparse_lists,
    spelling,
    top_products,
)
from recokit.kernels.small import ids as small_ids
from recokit.kernels.small import models as small_models
from recokit.kernels.small import rows as small_rows
from recokit.kernels.small import search as small_search
from recokit.kernels.small import selection as small_selection
from recokit.kernels.small import sessions as small_sessions
from recokit.kernels.small import similarity as small_similarity
from recokit.kernels.small import sparse_lists as small_sparse_lists
from recokit.kernels.small import spelling as small_spelling
from recokit.kernels.small import top_products as small_top_products
from recokit.kernels.small.interpreted import interpreted

__all__ = ["SMALL_KERNELS"]

SMALL_KERNELS: dict[Callable[..., Any], Callable[..., Any]] = {
    bias.fit_biases: small_models.fit_biases,
    gram.gram_costs: small_models.gram_costs,
    ids.hash_codes: small_ids.hash_codes,
    ids.mark_present: small_ids.mark_present,
    ids.table_codes: small_ids.table_codes,
    neighbors.neighbor_sums: small_models.neighbor_sums,
    reranking.rerank_rows: interpreted(reranking.rerank_rows),
    rows.count_columns: small_rows.count_columns,
    rows.fill_columns: small_rows.fill_columns,
    rows.merge_repeated: small_rows.merge_repeated,
    rows.order_by: small_rows.order_by,
    rows.row_starts: small_rows.row_starts,
    search.best_items: small_search.best_items,
    search.score_queries: small_search.score_queries,
    selection.hide_cells: small_selection.hide_cells,
    selection.keep_cells: small_selection.keep_cells,
    selection.select_listed: small_selection.select_listed,
    selection.select_top: small_selection.select_top,
    sessions.related_items: small_sessions.related_items,
    sessions.session_scores: small_sessions.session_scores,
    similarity.nearest_rows: small_similarity.nearest_rows,
    similarity.query_costs: small_similarity.query_costs,
    similarity.row_stats: small_similarity.row_stats,
    similarity.similarity_rows: small_similarity.similarity_rows,
    slim.head_gram: small_models.head_gram,
    sparse_lists.sparse_scores: small_sparse_lists.sparse_scores,
    sparse_lists.sparse_top: small_sparse_lists.sparse_top,
    spelling.close_words: small_spelling.close_words,
    top_products.listed_products: small_top_products.listed_products,
    top_products.select_exact: small_top_products.select_exact,
}
