"""From the event log to evaluated lists under rules, and the import."""

import os
import tempfile
from pathlib import Path

from recokit import EventLog, ItemKNN, ItemSearch, evaluate, load
from recokit.datasets import make_shop
from recokit.preprocessing import DropDuplicates, KCore, NetReturns
from recokit.reranking import Diversity, MaxPer, rerank

N_USERS, N_ITEMS, N_EVENTS = 5_000, 2_000, 300_000


class Pipeline:
    """The steps of a nightly run."""

    def setup(self):
        """Generate the data and run every step once."""
        shop = make_shop(N_USERS, N_ITEMS, N_EVENTS, language="en", orders=True, random_state=0)
        self.events, self.catalogue = shop.events, shop.catalogue
        self.log = EventLog.from_frame(self.events, order="order_id", quantity="quantity")
        split = shop.temporal_split("purchase")
        self.train, self.test = split.train, split.test
        self.model = ItemKNN().fit(self.train)
        self.lists = self.model.recommend(n=50)
        self.rules = [MaxPer("brand", 2), Diversity(0.2, columns=["category"])]
        self.search = ItemSearch().fit(self.catalogue)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "model.recokit"
        self.model.save(self.path)
        for name in dir(self):
            if name.startswith("time_") and name != "time_import":
                getattr(self, name)()

    def teardown(self):
        """Remove the saved model."""
        self.folder.cleanup()

    def time_read_log(self):
        """Read a log from columns."""
        EventLog.from_frame(self.events, order="order_id", quantity="quantity")

    def time_clean(self):
        """Clean a log under three rules."""
        self.log.clean(DropDuplicates(), NetReturns(), KCore(2, 2))

    def time_sessions(self):
        """Cut a log into sessions."""
        self.log.sessions("30min")

    def time_interactions(self):
        """Merge the events of pairs."""
        self.log.interactions(weights={"view": 1, "cart": 3, "purchase": 5})

    def time_evaluate(self):
        """Compute four metrics with intervals."""
        evaluate(self.lists, self.test, ["ndcg@10", "recall@10", "map@10", "coverage@10"], train=self.train)

    def time_rerank(self):
        """Choose 10 of 50 items under two rules."""
        rerank(self.lists, self.rules, self.catalogue, n=10)

    def time_search(self):
        """Answer a query."""
        self.search.search(["waterproof tent"], n=10)

    def time_save(self):
        """Save a model."""
        self.model.save(self.path)

    def time_load(self):
        """Load a model."""
        load(self.path)


def timeraw_import():
    """Return the code that imports recokit, which asv runs in a new process."""
    return "import recokit"


timeraw_import.number = 1
timeraw_import.repeat = 5 if "CI" not in os.environ else 1
