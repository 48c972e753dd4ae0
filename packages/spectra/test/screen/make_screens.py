"""Spectra by LAPACK of matrices that follow from a formula, for `screen-spectrum.shared.test.ts`: python3 make_screens.py > screens.json"""

import json
import math

import numpy as np


def matrix(m, n, decay, spike):
    """Row-major. The numbers of `formula` in the test."""
    i = np.arange(m * n, dtype=np.int64)
    values = ((i * 7919) % 104729 / 104729 - 0.5).reshape(m, n)
    values = values * (np.arange(1, n + 1) ** -decay)[None, :]
    row = ((np.arange(m) * 31) % 97 / 97)[:, None]
    column = ((np.arange(n) * 17) % 89 / 89)[None, :]
    return values + spike * row * column


def spectrum(m, n, decay, spike):
    sigma = np.linalg.svd(matrix(m, n, decay, spike), compute_uv=False)
    energies = sigma**2
    shares = energies / energies.sum()
    top = lambda k: float(shares[:k].sum())
    rank = min(m, n)
    positive = shares[shares > 0]
    return {
        "m": m,
        "n": n,
        "decay": decay,
        "spike": spike,
        "frobeniusNorm": float(math.sqrt(energies.sum())),
        "spectralNorm": float(sigma[0]),
        "stableRank": float(1 / shares[0]),
        "participationRatio": float(1 / (shares**2).sum()),
        "effectiveRank": float(math.exp(-(positive * np.log(positive)).sum())),
        "topEnergy": {"1": top(1), "8": top(8), "1%": top(math.ceil(rank / 100)), "5%": top(math.ceil(rank / 20))},
    }


CASES = [(640, 576, 0.0, 0.0), (1500, 520, 0.6, 0.0), (530, 900, 0.2, 0.0), (600, 600, 0.0, 0.3), (512, 2048, 1.5, 0.01)]
print(json.dumps([spectrum(*case) for case in CASES], indent=2))
