"""Content-based recommenders and text analysis."""

from recokit.content.analyzer import analyze, make_analyzer
from recokit.content.normalization import normalize
from recokit.content.tfidf import TfidfRecommender

__all__ = ["TfidfRecommender", "analyze", "make_analyzer", "normalize"]
