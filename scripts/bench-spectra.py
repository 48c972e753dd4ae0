"""One step of scripts/bench-spectra.mjs: make a matrix, or time a LAPACK routine on it. Prints JSON."""

import json
import sys
import time

import numpy as np


def make(file, kind, m, n, dtype, seed):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((m, n), dtype=np.float32) / np.sqrt(n, dtype=np.float32)
    if kind == "heavy":
        a *= (np.arange(1, n + 1, dtype=np.float32) ** -0.6)[rng.permutation(n)]
    if kind == "low-rank":
        rank = 16
        a *= 0.01
        a += rng.standard_normal((m, rank), dtype=np.float32) @ rng.standard_normal((rank, n), dtype=np.float32) / n
    raw = (a.view(np.uint32) + 0x8000 >> 16).astype(np.uint16) if dtype == "bf16" else a
    header = {"weight": {"dtype": dtype.upper(), "shape": [m, n], "data_offsets": [0, raw.nbytes]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as out:
        out.write(len(text).to_bytes(8, "little"))
        out.write(text)
        out.write(raw.tobytes())


def load(file):
    with open(file, "rb") as data:
        length = int.from_bytes(data.read(8), "little")
        entry = json.loads(data.read(length))["weight"]
        raw = data.read()
    if entry["dtype"] == "BF16":
        bits = np.frombuffer(raw, np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32).reshape(entry["shape"])
    return np.frombuffer(raw, np.float32).reshape(entry["shape"])


def svdvals(a):
    import scipy.linalg

    return scipy.linalg.svdvals(a, check_finite=False)


def gram(a):
    b = a.astype(np.float64)
    g = b @ b.T if a.shape[0] < a.shape[1] else b.T @ b
    return np.sqrt(np.maximum(np.linalg.eigvalsh(g)[::-1], 0))


def svd64(a):
    return np.linalg.svd(a.astype(np.float64), compute_uv=False)


command, *rest = sys.argv[1:]
if command == "make":
    file, kind, m, n, dtype, seed = rest
    make(file, kind, int(m), int(n), dtype, int(seed))
else:
    file, values = rest
    matrix = load(file)
    start = time.perf_counter()
    found = {"svdvals": svdvals, "gram": gram, "svd64": svd64}[command](matrix)
    seconds = time.perf_counter() - start
    found.astype(np.float64).tofile(values)
    print(json.dumps({"seconds": seconds}))
