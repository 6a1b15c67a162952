"""Fit, recommend and predict."""

from typing import Any, ClassVar

from recokit import BPR, EASE, SLIM, BiasBaseline, ImplicitALS, ItemKNN, RP3beta, SGDMatrixFactorization, UserKNN
from recokit.datasets import make_shop

N_USERS, N_ITEMS, N_EVENTS = 5_000, 2_000, 600_000


class Implicit:
    """Models of implicit feedback."""

    models: ClassVar[dict[str, Any]] = {
        "ItemKNN": ItemKNN(),
        "UserKNN": UserKNN(),
        "RP3beta": RP3beta(),
        "EASE": EASE(),
        "SLIM": SLIM(),
        "ImplicitALS": ImplicitALS(32, random_state=0),
        "BPR": BPR(32, n_epochs=5, random_state=0),
    }
    params: ClassVar[list[str]] = list(models)
    param_names: ClassVar[list[str]] = ["model"]
    timeout = 300

    def setup_cache(self):
        """Generate the data once for all benchmarks."""
        return make_shop(N_USERS, N_ITEMS, N_EVENTS, random_state=0).interactions("purchase")

    def setup(self, data, name):
        """Fit once, which also compiles the kernels."""
        self.model = self.models[name].fit(data)
        self.users = data.users.ids
        self.model.recommend(self.users[:2], n=10)

    def time_fit(self, data, name):
        """Fit to all users."""
        self.models[name].fit(data)

    def time_recommend_all(self, data, name):
        """Recommend 10 items for all users."""
        self.model.recommend(n=10)

    def time_recommend_one(self, data, name):
        """Recommend 10 items for one user."""
        self.model.recommend(self.users[0], n=10)

    def peakmem_recommend_all(self, data, name):
        """Measure the peak memory of recommending for all users."""
        self.model.recommend(n=10)


class Ratings:
    """Models of ratings."""

    models: ClassVar[dict[str, Any]] = {
        "BiasBaseline": BiasBaseline(),
        "ItemKNN": ItemKNN(centering="baseline"),
        "SGDMatrixFactorization": SGDMatrixFactorization(32, n_epochs=5, random_state=0),
    }
    params: ClassVar[list[str]] = list(models)
    param_names: ClassVar[list[str]] = ["model"]

    def setup_cache(self):
        """Generate the data once for all benchmarks."""
        return make_shop(N_USERS, N_ITEMS, N_EVENTS, random_state=0).ratings()

    def setup(self, data, name):
        """Fit once, which also compiles the kernels."""
        self.model = self.models[name].fit(data)
        self.pairs, _ = data.to_pairs()
        self.model.predict(self.pairs[:2])

    def time_fit(self, data, name):
        """Fit to all ratings."""
        self.models[name].fit(data)

    def time_predict(self, data, name):
        """Predict all training ratings."""
        self.model.predict(self.pairs)
