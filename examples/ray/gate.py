"""Shadow Gate on a Ray cluster that is there already: a task measures each share of one checkpoint, then this driver joins and judges.

    ray job submit --address http://HEAD:8265 -- \\
      env CHECKPOINT=/shared/candidate REFERENCE=/shared/base BASELINE=/shared/baseline.json POLICY=/shared/shadow-gate.yml \\
      OUT=/shared/run-1 python /shared/gate.py

Exits as the gate does: 0 pass or warn, 1 fail, 2 no verdict, 3 inconclusive; `ray job submit` makes 1 of each but 0. OUT has
report.html, report.json and junit.xml. Where a share is lost there is no verdict, and the merge names the share. More: docs/how-to/engines.md
of Shadow Gate.
"""

import glob
import os
import subprocess
import sys

import ray

# All paths are absolute, on a file system that all nodes have. Pin a version, or name a clone: node /shared/shadow-gate/dist/cli.js
GATE = os.environ.get('SHADOW_GATE', 'npx --yes --ignore-scripts shadow-gate').split()
# The checkpoint under test.
CHECKPOINT = os.environ['CHECKPOINT']
# From the approved branch: what it was trained from, the approved measurement, and what may move how far.
REFERENCE, BASELINE, POLICY = os.environ['REFERENCE'], os.environ['BASELINE'], os.environ['POLICY']
# A folder that does not exist yet: a share of an earlier run must not stand in for one that is lost.
OUT = os.environ['OUT']
# Shares, and the processors of each.
N, CPUS = int(os.environ.get('N', '4')), float(os.environ.get('CPUS', '8'))


def gate(*arguments: str) -> int:
    return subprocess.call([*GATE, *arguments], env={**os.environ, 'SHADOW_GATE_CACHE': 'off'})


@ray.remote(num_cpus=CPUS)  # a task whose node is lost starts again on another one, three times
def measure(i: int) -> int:
    probes = ['--policy', POLICY, '--like', BASELINE, '--shard', f'{i}/{N}']
    return gate('measure', '--checkpoint', CHECKPOINT, '--reference', REFERENCE, *probes, '--out', f'{OUT}/share-{i}.json')


os.mkdir(OUT)
tasks = [measure.remote(i) for i in range(1, N + 1)]
# Ends with the last task, however each ends: what counts is which files are there.
ray.wait(tasks, num_returns=N)
shares = glob.glob(f'{OUT}/share-*.json')
sys.exit(
    gate('merge', *shares, '--out', f'{OUT}/measurement.json')
    or gate('compare', f'{OUT}/measurement.json', BASELINE, '--policy', POLICY, '--out', OUT, '--junit', f'{OUT}/junit.xml')
)
