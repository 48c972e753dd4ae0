"""Write lapack.json: singular values by LAPACK (dgesdd) of the matrices that `pseudoRandom` in `matrices.ts` generates."""

import json
import os

import numpy as np


def uniform(seed, count):
    """mulberry32, as packages/platform/test/random.ts: its state is a counter."""
    with np.errstate(over="ignore"):
        state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (state ^ (state >> np.uint32(15))) * (np.uint32(1) | state)
        t = (t + (t ^ (t >> np.uint32(7))) * (np.uint32(61) | t)) ^ t
        return (t ^ (t >> np.uint32(14))).astype(np.float64) / 2**32


def matrix(kind, m, n, seed):
    a = uniform(seed, m * n).reshape(m, n) - 0.5
    if kind == "heavy":
        a = a / np.arange(1, n + 1)
    if kind == "low-rank":
        a = a / 64
        left, right = uniform(seed + 1, 4 * m).reshape(4, m), uniform(seed + 2, 4 * n).reshape(4, n)
        for k in range(4):
            a = a + np.outer(left[k], right[k])
    return a.astype(np.float32)


cases = [
    ("flat", 1300, 1100, 1),
    ("heavy", 1050, 1300, 2),
    ("low-rank", 1025, 1025, 3),
    ("flat", 1030, 2100, 4),
    ("low-rank", 2500, 1050, 5),
]
answers = []
for kind, m, n, seed in cases:
    values = np.linalg.svd(matrix(kind, m, n, seed).astype(np.float64), compute_uv=False)
    answers.append({"kind": kind, "m": m, "n": n, "seed": seed, "singularValues": [float(f"{x:.12g}") for x in values]})
with open(os.path.join(os.path.dirname(__file__), "lapack.json"), "w") as file:
    json.dump(answers, file, separators=(",", ":"))
    file.write("\n")
