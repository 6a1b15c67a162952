"""
Titles and images together (embeddings)
=======================================

Customers buy by looks that titles do not name. Vectors of images find items of the
same colour, vectors or words of titles items of the same kind, and both together find
more than either. The pictures are drawn here; in a shop, a neural network turns photos
into vectors.
"""

# %%
# Pictures and titles
# -------------------
#
# Each product has a shape, which the title names, and a colour, which only the picture
# shows.
import numpy as np

rng = np.random.default_rng(0)
n_items, n_users = 300, 300
names = np.array(["cup", "plate", "vase", "lamp", "cushion"])
palette = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.1, 0.3, 0.8],
        [0.1, 0.6, 0.3],
        [0.9, 0.8, 0.1],
        [0.6, 0.2, 0.6],
        [0.3, 0.3, 0.3],
    ]
)
shapes, colours = rng.integers(0, 5, n_items), rng.integers(0, 6, n_items)


def draw(shape, colour):
    """Return a picture of 16 × 16 pixels: a product on a white background."""
    y, x = np.mgrid[0:16, 0:16] / 16 - 0.5 + rng.uniform(-0.1, 0.1, (2, 1, 1))
    inside = np.abs(x) ** (shape + 1) + np.abs(y) ** 2 < 0.1
    tint = palette[colour] + rng.normal(0, 0.06, 3)
    picture = np.where(inside[..., None], tint, 0.95) * rng.uniform(0.8, 1)
    return np.clip(picture + rng.normal(0, 0.03, (16, 16, 3)), 0, 1)


pictures = [draw(shape, colour) for shape, colour in zip(shapes, colours, strict=True)]

# %%
# Vectors of pictures
# -------------------
#
# The vector of a picture is its histogram of 64 colours. Any array with one row per
# product works, such as the last layer of a network.


def histogram(picture):
    """Return the square roots of the shares of 64 colours."""
    codes = np.minimum(picture * 4, 3).astype(int) @ [16, 4, 1]
    return np.sqrt(np.bincount(codes.ravel(), minlength=64) / codes.size)


materials = rng.choice(["oak", "linen", "glass"], n_items)
catalogue = {
    "item_id": np.arange(n_items),
    "title": [f"{m} {n}" for m, n in zip(materials, names[shapes], strict=True)],
    "image": np.stack([histogram(picture) for picture in pictures]),
}

# %%
# Purchases
# ---------
#
# Each user prefers one shape and one colour.
from recokit import Interactions, evaluate, plotting
from recokit.content import ContentRecommender, Embedding, Text
from recokit.model_selection import train_test_split

pairs = []
for user in range(n_users):
    appeal = 2.0 * (shapes == rng.integers(5)) + 2.0 * (colours == rng.integers(6))
    best = np.argsort(-(appeal + rng.gumbel(size=n_items)))[:8]
    pairs += [(user, item) for item in best]
data = Interactions.from_arrays(*zip(*pairs, strict=True))
train, test = train_test_split(data, random_state=0)

# %%
# Each block alone, and both
# --------------------------
#
# ``weights="learn"`` weights the blocks by held-out purchases.
blocks = {
    "title": [Text("title")],
    "image": [Embedding("image", center=True)],
    "both": [Text("title"), Embedding("image", center=True)],
}
models, results = {}, {}
for name, some in blocks.items():
    model = ContentRecommender(some, weights="learn").fit(train, catalogue=catalogue)
    lists = model.recommend(test.users, n=10)
    models[name], results[name] = model, evaluate(lists, test, ["ndcg@10"])
plotting.comparison(results, "ndcg@10")

# %%
# Similar items
# -------------
#
# The first picture of each row is the product of the query. By title, its neighbours
# have its shape in any colour; by image, its colour; by both, both.
from matplotlib import pyplot

query = 4
figure, axes = pyplot.subplots(3, 6, figsize=(6, 3.6), layout="constrained")
for row, (name, model) in zip(axes, models.items(), strict=True):
    near = [item for item, _ in model.similar_items([query], n=5)[query]]
    for ax, item in zip(row, [query, *near], strict=True):
        ax.imshow(pictures[item])
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel(names[shapes[item]], fontsize=8)
    row[0].set_ylabel(name)
