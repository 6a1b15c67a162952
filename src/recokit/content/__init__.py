"""Content-based recommenders and text analysis."""

from recokit.content.analyzer import analyze, make_analyzer
from recokit.content.category import Category
from recokit.content.content_recommender import ContentRecommender
from recokit.content.embedding import Embedding
from recokit.content.normalization import normalize
from recokit.content.number import Number
from recokit.content.text import Text
from recokit.content.tfidf import TfidfRecommender

__all__ = [
    "Category",
    "ContentRecommender",
    "Embedding",
    "Number",
    "Text",
    "TfidfRecommender",
    "analyze",
    "make_analyzer",
    "normalize",
]
