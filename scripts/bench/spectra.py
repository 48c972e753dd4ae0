"""One step of scripts/bench/spectra.ts: report what is installed, or time a routine on a matrix. Prints JSON."""

import json
import pathlib
import sys
import time

import numpy as np
import scipy.linalg

# For torch.svd_lowrank: vectors, and iterations (its default).
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


def load_all(folder):
    """The matrices of a checkpoint, by name, in float32 (float64 if they are stored so)."""
    found = {}
    for file in sorted(pathlib.Path(folder).glob("*.safetensors")):
        raw = file.read_bytes()
        start = 8 + int.from_bytes(raw[:8], "little")
        for name, entry in json.loads(raw[8:start]).items():
            if name == "__metadata__" or len(entry["shape"]) != 2:
                continue
            first, last = entry["data_offsets"]
            data = np.frombuffer(raw, np.uint8)[start + first : start + last]
            if entry["dtype"] == "BF16":
                matrix = (data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
            else:
                stored = data.view({"F16": np.float16, "F32": np.float32, "F64": np.float64}[entry["dtype"]])
                matrix = stored.astype(np.float64 if entry["dtype"] == "F64" else np.float32)
            found[name] = matrix.reshape(entry["shape"])
    return found


def matrices_of(dtype, checkpoint, reference=None):
    weights = load_all(checkpoint)
    found = [(f"weight {name}", matrix) for name, matrix in weights.items()]
    if reference:
        originals = load_all(reference)
        for name, matrix in weights.items():
            found.append((f"delta {name}", matrix.astype(np.float64) - originals[name]))
    return [(key, matrix.astype(dtype)) for key, matrix in found]


def svdvals(a):
    return scipy.linalg.svdvals(a, check_finite=False)


def gram(a):
    b = a.astype(np.float64)
    g = b @ b.T if a.shape[0] < a.shape[1] else b.T @ b
    return np.sqrt(np.maximum(np.linalg.eigvalsh(g)[::-1], 0))


def svd64(a):
    b = a.astype(np.float64)
    # The triangle of a very long matrix has the same singular values and takes a fraction of the time.
    if max(b.shape) > 16 * min(b.shape):
        b = np.linalg.qr(b if b.shape[0] > b.shape[1] else b.T, mode="r")
    return np.linalg.svd(b, compute_uv=False)


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
elif command.startswith("checkpoint-"):
    name = command.removeprefix("checkpoint-")
    routine = ROUTINES[name]
    matrices = matrices_of(np.float32 if name == "svdvals" else np.float64, *rest[1:])
    routine(matrices[0][1][:64, :64])  # loading the library is not timed
    start = time.perf_counter()
    spectra = [(key, routine(matrix)) for key, matrix in matrices]
    seconds = time.perf_counter() - start
    np.concatenate([found for _, found in spectra]).astype(np.float64).tofile(rest[0])
    print(json.dumps({"seconds": seconds, "keys": [(key, len(found)) for key, found in spectra]}))
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
