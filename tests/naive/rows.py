"""Counting sort, transposition and merging of duplicates with dictionaries and lists."""


def row_starts(codes, n_rows):
    return [sum(code < row for code in codes) for row in range(n_rows + 1)]


def order_by(codes, before):
    return sorted(before, key=lambda position: codes[position])


def transpose(rows, n_columns):
    """Turn a list of rows of (column, value) into a list of columns of (row, value)."""
    return [
        [(row, v) for row, cells in enumerate(rows) for c, v in cells if c == column] for column in range(n_columns)
    ]


def merge(values, policy):
    """Return the merged value of one cell from its values in order of time."""
    return {
        "sum": lambda: sum(values),
        "mean": lambda: sum(values) / len(values),
        "last": lambda: values[-1],
        "max": lambda: max(values),
    }[policy]()


def merged_log(rows, policy):
    """Return {(user, item): (value, time)} of an event log of (user, item, value, time or None) in row order.

    The last event of a pair is the latest one; at equal times (or without times) it is the last in row order.
    """
    cells = {}
    for user, item, value, time in rows:
        cells.setdefault((user, item), []).append((value, time))
    result = {}
    for pair, events in cells.items():
        if events[0][1] is not None:
            events = sorted(events, key=lambda event: event[1])
        result[pair] = (merge([value for value, _ in events], policy), events[-1][1])
    return result
