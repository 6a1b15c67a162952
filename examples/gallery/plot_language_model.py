"""
A large language model as encoder and as user of tools
======================================================

A language model helps twice: its vectors of titles find similar items without common
words, and it can call the recommender as a tool in a conversation. This example runs
without a model or a network: a table of concepts stands in for the encoder, and a
script for the conversation. Replace both by your model.
"""

# %%
# An encoder
# ----------
#
# An encoder is any function from texts to vectors, such as
# ``SentenceTransformer("…").encode``. Results are cached, so each text is encoded once.
import numpy as np

CONCEPTS = {
    "couch": [1, 0, 0.1],
    "sofa": [1, 0, 0],
    "armchair": [0.8, 0, 0.2],
    "headphones": [0, 1, 0],
    "earphones": [0, 1, 0.1],
    "speaker": [0.1, 0.8, 0],
    "hose": [0, 0, 1],
    "watering": [0.1, 0, 1],
}


def encode(texts):
    """Return the sum of the vectors of the known words of each text."""
    rows = [[CONCEPTS.get(word, [0, 0, 0]) for word in text.split()] for text in texts]
    return np.array([np.sum(row, axis=0) for row in rows], dtype=np.float32)


# %%
# Similar items without common words
# ----------------------------------
from recokit.content import ContentRecommender, Text

catalogue = {
    "item_id": ["A", "B", "C", "D", "E", "F", "G", "H"],
    "title": [
        "red couch",
        "sofa for the living room",
        "armchair",
        "wireless headphones",
        "bluetooth earphones",
        "portable speaker",
        "garden hose",
        "watering can",
    ],
    "price": [900.0, 1200.0, 350.0, 120.0, 60.0, 80.0, 25.0, 15.0],
}
bought = [
    ("ann", "A"),
    ("ann", "D"),
    ("bob", "G"),
    ("bob", "H"),
    ("cy", "B"),
    ("cy", "D"),
]
words = ContentRecommender([Text("title")]).fit(bought, catalogue=catalogue)
meaning = ContentRecommender([Text("title", encoder=encode)])
meaning.fit(bought, catalogue=catalogue)
print("by words:  ", words.similar_items(["A"])["A"])
print("by meaning:", [item for item, _ in meaning.similar_items(["A"], n=2)["A"]])

# %%
# The titles lie near titles of the same meaning:
from matplotlib import pyplot

similar = np.array(
    [
        [
            dict(meaning.similar_items([a], n=7)[a]).get(b, 1.0 if a == b else 0.0)
            for b in "ABCDEFGH"
        ]
        for a in "ABCDEFGH"
    ]
)
figure, ax = pyplot.subplots(figsize=(6, 4.4), layout="constrained")
image = ax.imshow(similar, cmap="cividis", vmin=0, vmax=1)
ax.set_yticks(range(8), catalogue["title"])
ax.set_xticks(range(8), catalogue["item_id"])
figure.colorbar(image, label="similarity")

# %%
# Tools for a conversation
# ------------------------
#
# `tools <recokit.serving.tools>` describes functions for a language model and runs its
# calls. Wrong arguments come back as an answer that the model can correct.
from recokit import ItemSearch
from recokit.serving import tools

box = tools(meaning, ItemSearch().fit(catalogue), catalogue, user="ann")
for description in box.descriptions:
    print(description["function"]["name"])

# %%
# A scripted conversation: the customer asks for something cheap to listen to music.
calls = [
    ("search_items", '{"query": "earphones", "n": 2}'),
    ("recommend", '{"n": 50}'),
    ("recommend", '{"n": 1}'),
]
for name, arguments in calls:
    print(name, arguments)
    print("  ", box.call(name, arguments))
