"""Grouping with dictionaries and sorted lists."""


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
    """Return what becomes of the values of one cell, which stand in order of time."""
    return {
        "sum": lambda: sum(values),
        "mean": lambda: sum(values) / len(values),
        "last": lambda: values[-1],
        "max": lambda: max(values),
    }[policy]()


def merged_log(rows, policy):
    """Return {(user, item): (value, time)} of an event log of (user, item, value, time or None) in row order.

    The latest event counts as the last one; among events of one time (or without times) it is the one that was logged
    last.
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
