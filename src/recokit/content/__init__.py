"""Content-based recommenders."""

from recokit.content.analyzer import analyze
from recokit.content.tfidf import TfidfRecommender

__all__ = ["TfidfRecommender", "analyze"]
