"""Make the catalogue that comes with recokit from the products of the AWS Retail Demo Store.

    python tools/make_retail_demo_store.py products.yaml src/recokit/datasets/retail_demo_store.csv.gz

The input is ``src/products/src/products-service/data/products.yaml`` of github.com/aws-samples/retail-demo-store
(compressed by gzip or not). Pictures, links and other columns are left out, and ids are shortened. The
output is the same for the same input.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

import yaml

COLUMNS = ("item_id", "title", "description", "category", "style", "price", "stock", "gender", "is_promoted")
N_LETTERS = 8  # of an id; enough to tell the products apart


def main(source: str, target: str) -> None:
    """Read the products and write the table."""
    raw = Path(source).read_bytes()
    products = yaml.safe_load(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    rows = [row(product) for product in products]
    if len({cells[0] for cells in rows}) != len(rows):
        sys.exit(f"{source}: the first {N_LETTERS} letters of ids are not unique")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    with Path(target).open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed:
        compressed.write(text.getvalue().encode("utf-8"))
    print(f"{len(rows):,} products, {Path(target).stat().st_size:,} bytes")


def row(product: dict) -> tuple:
    """Return the cells of a product."""
    texts = (" ".join(product[name].split()) for name in ("name", "description", "category", "style"))
    gender, is_promoted = product.get("gender_affinity") or "", int(bool(product.get("promoted")))
    price = f"{product['price']:.2f}"
    return product["id"][:N_LETTERS], *texts, price, product["current_stock"], gender, is_promoted


if __name__ == "__main__":
    main(*sys.argv[1:])
