"""
A shop in Chinese, from the log to the lists
============================================

中文商店：从日志到推荐列表。

Events of a shop with Chinese titles are cleaned, weighted and split by time. A model is
fitted and evaluated, and its lists, reasons and plots are shown in Chinese.
"""

# %%
# The log and the catalogue
# -------------------------
#
# Returns and repeated rows are planted in this generated log. The report says what each
# rule of the cleaning removed.
from recokit import EventLog
from recokit.datasets import make_shop
from recokit.preprocessing import DropDuplicates, NetReturns

shop = make_shop(
    600, 200, 60_000, language="zh", returns=0.06, duplicates=0.02, random_state=0
)
log = EventLog.from_frame(shop.events, order="order_id", quantity="quantity")
log, report = log.clean(DropDuplicates(), NetReturns())
print(report)
titles = dict(zip(shop.catalogue["item_id"], shop.catalogue["title"], strict=True))

# %%
# Weights and split
# -----------------
#
# A purchase counts more than a cart, and a cart more than a view. The last fifth of the
# time is for the test: purchases of items that the user had not touched before.
weights = {"view": 0.1, "cart": 0.3, "purchase": 1.0}
train, test = log.train_test("purchase", test_size=0.2, weights=weights)
print(train)

# %%
# Models
# ------
#
# The titles alone already give usable lists, and need no history of other users.
from recokit import EASE, ItemKNN, Popularity, TfidfRecommender, evaluate, plotting

models = {
    "热门商品": (Popularity(), {}),
    "相似商品": (ItemKNN(), {}),
    "线性模型": (EASE(), {}),
    "商品标题": (TfidfRecommender(), {"catalogue": titles}),
}
results = {}
for name, (model, extra) in models.items():
    lists = model.fit(train, **extra).recommend(n=10)
    results[name] = evaluate(lists, test, ["ndcg@10", "recall@10"])
plotting.comparison(results, "ndcg@10", language="zh")

# %%
# A list, with the reason for its first item
# ------------------------------------------
#
# ``labels`` gives the reasons names instead of ids.
model, _ = models["线性模型"]
user = train.users.ids[0]
for item, _ in model.recommend(user, n=3)[user]:
    print(titles[item])
best = model.recommend(user, n=1)[user][0][0]
print(model.explain(user, best, labels=titles, language="zh"))

# %%
# Similar items
# -------------
neighbours, _ = models["相似商品"]
plotting.similarity_neighborhood(neighbours, best, 8, labels=titles)
