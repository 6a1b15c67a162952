"""Matrix factorization in plain Python, on lists of floats."""


def descend(ratings, user_bias, item_bias, user_factors, item_factors, prior, user_weights, item_weights, rates):
    """Take one step for each (user, item, rating) triple, update the lists, and return the sum of squared errors.

    ``rates`` are (rate_bias, rate, l2_bias, l2); ``prior`` is None or a list of rows.
    """
    rate_bias, rate, l2_bias, l2 = rates
    loss = 0.0
    for user, item, rating in ratings:
        old_p, old_q = list(user_factors[user]), list(item_factors[item])
        predicted = user_bias[user] + item_bias[item] + sum(a * b for a, b in zip(old_p, old_q, strict=True))
        error = rating - predicted
        loss += error**2
        user_bias[user] += rate_bias * (error - l2_bias * user_weights[user] * user_bias[user])
        item_bias[item] += rate_bias * (error - l2_bias * item_weights[item] * item_bias[item])
        for f in range(len(old_p)):
            prior_value = 0.0 if prior is None else prior[user][f]
            pull = l2 * user_weights[user] * (old_p[f] - prior_value)
            user_factors[user][f] += rate * (error * old_q[f] - pull)
            item_factors[item][f] += rate * (error * old_p[f] - l2 * item_weights[item] * old_q[f])
    return loss


def sum_rows(rows, weights, factors):
    """Return the weighted sum of the factors that each row lists."""
    n_factors = len(factors[0])
    return [[sum(weights[j] * factors[j][f] for j in row) for f in range(n_factors)] for row in rows]


def score(mean, user_bias, item_bias, p, q):
    """Return one prediction."""
    return mean + user_bias + item_bias + sum(a * b for a, b in zip(p, q, strict=True))


def solve(matrix, right):
    """Solve linear equations by Gaussian elimination with pivoting."""
    n = len(right)
    rows = [[float(x) for x in row] + [float(b)] for row, b in zip(matrix, right, strict=True)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, n):
            ratio = rows[row][column] / rows[column][column]
            rows[row] = [a - ratio * b for a, b in zip(rows[row], rows[column], strict=True)]
    solution = [0.0] * n
    for row in reversed(range(n)):
        known = sum(rows[row][column] * solution[column] for column in range(row + 1, n))
        solution[row] = (rows[row][n] - known) / rows[row][row]
    return solution


def solve_user(ratings, mean, item_bias, item_factors, implicit_factors, l2_bias, l2, l2_exponent):
    """Return the bias and the factors of a user from a dictionary of ratings by item.

    ``implicit_factors`` is None for models without implicit factors.
    """
    size, growth = 1 + len(item_factors[0]), len(ratings) ** l2_exponent
    penalties = [growth * l2_bias] + [growth * l2] * (size - 1)
    design = [[1.0, *item_factors[item]] for item in ratings]
    residuals = [rating - mean - item_bias[item] for item, rating in ratings.items()]
    prior_value = [0.0] * size
    if implicit_factors is not None:
        prior_value[1:] = [sum(implicit_factors[j][f] for j in ratings) / len(ratings) ** 0.5 for f in range(size - 1)]
    normal = [[sum(x[a] * x[b] for x in design) + penalties[a] * (a == b) for b in range(size)] for a in range(size)]
    pairs = list(zip(design, residuals, strict=True))
    bias, *factors = solve(
        normal, [sum(x[a] * e for x, e in pairs) + penalties[a] * prior_value[a] for a in range(size)]
    )
    return bias, factors
