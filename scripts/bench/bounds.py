"""Matrices for scripts/bench/bounds.ts, and their singular values from a float64 SVD. Prints one JSON object a line.

Usage: bounds.py FOLDER checkpoint DIR | updates DIR REFERENCE | joined DIR | synthetic COUNT SEED
"""

import json
import sys
from pathlib import Path

import numpy as np

# Beyond this many rows for each column, singular values are the roots of the eigenvalues of a Gram matrix in float64:
# the small ones lose digits, of which the sums of the largest and of all see nothing.
TALL = 8
CHUNK = 8192


def headers(checkpoint):
    for file in sorted(Path(checkpoint).glob("*.safetensors")):
        with open(file, "rb") as data:
            length = int.from_bytes(data.read(8), "little")
            for name, entry in json.loads(data.read(length)).items():
                if name != "__metadata__" and len(entry["shape"]) == 2 and min(entry["shape"]) > 64:
                    yield str(file), name, entry, 8 + length


def load(file, entry, start):
    begin, end = entry["data_offsets"]
    kind = {"BF16": np.uint16, "F16": np.float16, "F32": np.float32, "F64": np.float64}[entry["dtype"]]
    raw = np.fromfile(file, kind, (end - begin) // np.dtype(kind).itemsize, offset=start + begin)
    return widened(raw, entry["dtype"]).reshape(entry["shape"])


def widened(raw, dtype):
    return (raw.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else raw


def stored(a, dtype):
    """As it is written, and what that means."""
    if dtype != "BF16":
        raw = a.astype({"F16": np.float16, "F32": np.float32, "F64": np.float64}[dtype])
        return raw, raw
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    raw = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return raw, widened(raw, dtype).reshape(a.shape)


def write(file, a, dtype):
    raw, values = stored(a, dtype)
    entry = {"dtype": dtype, "shape": list(a.shape), "data_offsets": [0, raw.nbytes]}
    head = json.dumps({"weight": entry}).encode()
    head += b" " * (-len(head) % 8)
    with open(file, "wb") as out:
        out.write(len(head).to_bytes(8, "little") + head + raw.tobytes())
    return values


def sigma(a):
    if a.shape[0] < a.shape[1]:
        a = a.T
    m, n = a.shape
    if m <= TALL * n:
        return np.linalg.svd(a.astype(np.float64), compute_uv=False)
    gram = np.zeros((n, n))
    for start in range(0, m, CHUNK):
        part = a[start : start + CHUNK].astype(np.float64)
        gram += part.T @ part
    return np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))


def report(label, file, name, values, reference=None):
    if np.any(values):
        print(json.dumps({"label": label, "file": file, "name": name, "reference": reference, "sigma": sigma(values).tolist()}), flush=True)


def checkpoint(folder):
    for file, name, entry, start in headers(folder):
        report(name, file, name, load(file, entry, start))


def updates(folder, reference):
    before = {name: (file, entry, start) for file, name, entry, start in headers(reference)}
    for file, name, entry, start in headers(folder):
        if name in before and before[name][1]["shape"] == entry["shape"]:
            other, *where = before[name]
            difference = load(file, entry, start).astype(np.float64) - load(other, *where)
            report(f"update of {name}", file, name, difference, other)


def joined(folder, into):
    """Two matrices of a layer side by side: real weights of more than 1024 columns."""
    found = {name: (file, entry, start) for file, name, entry, start in headers(folder)}
    for name, (file, entry, start) in found.items():
        if name.endswith("gate_proj.weight"):
            other = found[name.replace("gate", "up")]
            a = np.hstack([load(file, entry, start), load(*other)])
            path = f"{into}/{name}.safetensors"
            report(f"gate | up of {name}", path, "weight", write(path, a, "BF16"))


def orthogonal(rng, m, n):
    return np.linalg.qr(rng.standard_normal((m, n)))[0]


def with_sigma(rng, m, n, values):
    k = min(m, n)
    return (orthogonal(rng, m, k) * np.asarray(values)) @ orthogonal(rng, n, k).T


def shapes(rng, m, n):
    k = min(m, n)
    i = np.arange(1, k + 1)
    yield "heavy tail", lambda: with_sigma(rng, m, n, i ** -rng.uniform(0.3, 2.5))
    yield "gentle tail", lambda: with_sigma(rng, m, n, i ** -rng.uniform(0.05, 0.4))
    yield "Marchenko-Pastur", lambda: rng.standard_normal((m, n)) / np.sqrt(n)
    yield "uniform entries", lambda: rng.uniform(-1, 1, (m, n))
    yield "heavy-tailed entries", lambda: rng.standard_t(rng.uniform(1.5, 4), (m, n))
    rank = int(rng.integers(1, 60))
    yield "low rank and noise", lambda: rng.standard_normal((m, rank)) @ rng.standard_normal((rank, n)) + 10 ** rng.uniform(-4, 1) * rng.standard_normal((m, n))
    yield "low rank", lambda: rng.standard_normal((m, rank)) @ rng.standard_normal((rank, n))
    spikes = int(rng.integers(1, 30))
    yield "spikes", lambda: with_sigma(rng, m, n, np.where(i <= spikes, rng.uniform(2, 10), rng.uniform(0.9, 1, k)))
    levels = np.sort(rng.uniform(0.1, 2, int(rng.integers(2, 6))))[::-1]
    yield "plateaus", lambda: with_sigma(rng, m, n, levels[np.minimum((i - 1) * len(levels) // k, len(levels) - 1)])
    yield "geometric", lambda: with_sigma(rng, m, n, rng.uniform(0.8, 0.999) ** i)
    yield "all equal", lambda: with_sigma(rng, m, n, np.ones(k))
    yield "columns that decay", lambda: rng.standard_normal((m, n)) * rng.permutation(np.arange(1, n + 1)) ** -rng.uniform(0.2, 1)
    yield "equal entries", lambda: np.full((m, n), rng.uniform(0.1, 1))
    yield "a mean with noise", lambda: rng.uniform(0.01, 3) + rng.standard_normal((m, n))
    yield "sparse", lambda: rng.standard_normal((m, n)) * (rng.uniform(size=(m, n)) < 0.05)
    yield "diagonal", lambda: np.eye(m, n) * rng.uniform(0.1, 2, n)


def synthetic(count, seed, into):
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        short = int(rng.integers(100, 400)) if index % 8 else int(rng.integers(400, 1400))
        size = [short, int(short * rng.choice([1, 1, 1.5, 2, 4]))]
        m, n = rng.permutation(size).tolist()
        kinds = list(shapes(rng, m, n))
        kind, make = kinds[index % len(kinds)]
        a = make()
        dtype = ["BF16", "F32", "F16", "BF16", "F64"][index % 5]
        # Float16 has numbers from 6e-5 to 65504 only.
        a = a / np.abs(a).max() if dtype == "F16" else a * 10.0 ** rng.integers(-6, 4)
        path = f"{into}/{index}.safetensors"
        values = write(path, a, dtype)
        if index % 3:
            report(f"{kind} [{m}, {n}] {dtype}", path, "weight", values)
            continue
        # As an update: small compared with the weights, or as large as they are.
        base = rng.standard_normal((m, n)) * np.std(values.astype(np.float64)) * rng.choice([1, 10, 100])
        before = write(path, base, dtype)
        after = f"{into}/{index}-after.safetensors"
        difference = write(after, before.astype(np.float64) + values, dtype).astype(np.float64) - before
        report(f"update: {kind} [{m}, {n}] {dtype}", after, "weight", difference, path)


into, command, *rest = sys.argv[1:]
if command == "checkpoint":
    checkpoint(rest[0])
elif command == "updates":
    updates(*rest)
elif command == "joined":
    joined(rest[0], into)
elif command == "synthetic":
    synthetic(int(rest[0]), int(rest[1]), into)
