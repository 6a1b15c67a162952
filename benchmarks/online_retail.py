"""Clean the raw lines of UCI Online Retail, fit a model, and evaluate its lists by customer segment.

The file in RECOKIT_DATA is clean; cancellations, lines without a customer and postage are added by a seeded rule. The
page docs/examples/online_retail.rst explains the steps.
"""

import argparse
import time

from _common.published_data import data_folder
from _common.raw_retail import add_raw_lines, read_online_retail

from recokit import EventLog, RP3beta, evaluate
from recokit.preprocessing import ClipQuantities, DropDuplicates, DropItems, DropMissing, KCore, NetReturns, rfm


def main() -> None:
    """Run the job and print the report, the evaluation and the time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folder = data_folder()
    if folder is None:
        parser.error("set RECOKIT_DATA to the folder that holds online-retail/online_retail.parquet")
    lines, added = add_raw_lines(read_online_retail(folder), arguments.seed)
    print(f"{len(lines):,} raw lines, of which {added}\n")
    start = time.perf_counter()
    names = {"user": "CustomerID", "item": "StockCode", "timestamp": "InvoiceDate", "order": "InvoiceNo"}
    log = EventLog.from_frame(lines, **names, quantity="Quantity", price="UnitPrice")
    services = DropItems(patterns=r"^(?!\d{5})")
    rules = DropMissing(), services, DropDuplicates(), NetReturns(), ClipQuantities(quantile=0.999), KCore()
    log, report = log.clean(*rules)
    print(report, end="\n\n")
    split = log.train_test(test_size=0.2)
    print(split, end="\n\n")
    lists = RP3beta().fit(split.train).recommend(split.test.users.ids, n=10)
    segments = rfm(log, at=split.at).segments
    result = evaluate(lists, split.test, ["ndcg@10", "recall@10"], train=split.train, groups=segments)
    print(result)
    print(f"\n{time.perf_counter() - start:.1f} seconds")


if __name__ == "__main__":
    main()
