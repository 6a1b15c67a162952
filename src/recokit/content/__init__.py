"""Recommenders that compare items by what is known about them."""

from recokit.content.analyzer import analyze
from recokit.content.tfidf import TfidfRecommender

__all__ = ["TfidfRecommender", "analyze"]
