"""One step of scripts/bench/spectra.mjs: report what is installed, or time a routine on a matrix. Prints JSON."""

import json
import sys
import time

import numpy as np
import scipy.linalg

# Of torch.svd_lowrank: vectors, and iterations (its default).
Q = 64
ITERATIONS = 2


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
    return scipy.linalg.svdvals(a, check_finite=False)


def gram(a):
    b = a.astype(np.float64)
    g = b @ b.T if a.shape[0] < a.shape[1] else b.T @ b
    return np.sqrt(np.maximum(np.linalg.eigvalsh(g)[::-1], 0))


def svd64(a):
    return np.linalg.svd(a.astype(np.float64), compute_uv=False)


def lowrank_torch(a):
    import torch

    torch.manual_seed(0)
    return torch.svd_lowrank(torch.from_numpy(a), q=Q, niter=ITERATIONS)[1].numpy()


def lowrank_numpy(a):
    """Halko, Martinsson & Tropp 2011: a basis by subspace iteration (algorithm 4.4), then the SVD in it (5.1)."""
    if a.shape[0] < a.shape[1]:
        a = a.T
    start = np.random.default_rng(0).standard_normal((a.shape[1], Q), dtype=np.float32)
    basis = np.linalg.qr(a @ start)[0]
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(a.T @ basis)[0]
        basis = np.linalg.qr(a @ basis)[0]
    return np.linalg.svd(basis.T @ a, full_matrices=False)[1]


def has_torch():
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


ROUTINES = {
    "svdvals": svdvals,
    "gram": gram,
    "svd64": svd64,
    "lowrank-torch": lowrank_torch,
    "lowrank-numpy": lowrank_numpy,
}

command, *rest = sys.argv[1:]
if command == "found":
    print(json.dumps({"torch": has_torch()}))
else:
    file, values = rest
    matrix = load(file)
    if command == "lowrank-torch":
        has_torch()  # importing it is not timed
    start = time.perf_counter()
    found = ROUTINES[command](matrix)
    seconds = time.perf_counter() - start
    found.astype(np.float64).tofile(values)
    print(json.dumps({"seconds": seconds}))
