// All outputs of many checks, one folder a check: scripts/outputs.ts bundles this and says why.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import { historyEntry } from '../../src/history/entry.ts';
import { assessTrend, withTrend } from '../../src/history/trend.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { renderHtml } from '../../src/report/html/report.ts';
import { serializeReport } from '../../src/report/json.ts';
import { renderJunit } from '../../src/report/junit.ts';
import {
  describeCheckRun,
  describeRegression,
  renderComment,
  renderStepSummary,
} from '../../src/report/markdown/index.ts';
import { renderShort, renderTerminal } from '../../src/report/terminal/index.ts';
import { randomVariation } from '../../test/compare/random-variations.ts';
import { calibrationReport } from '../../test/report/calibration.ts';
import { everyFinding } from '../../test/report/findings.ts';
import { HOSTILE_NAMES, hostileReport, probeReport, report } from '../../test/report/fixtures.ts';

const RANDOM_CHECKS = 160;

const [out = 'outputs'] = process.argv.slice(2);

/** What {@link randomVariation} makes of a seed, with the trend of three checks like it. */
function randomCheck(seed: number): Report {
  const { candidate, baseline, policy: text, calibration } = randomVariation(seed);
  const policy = parsePolicy(text, 'policy.yml');
  const judged = compare({
    ...{ candidate, baseline, baselinePath: null, policy, policyPath: null },
    calibration: calibration && { path: 'calibration.json', calibration },
    today: new Date('2026-12-02'),
  });
  const history = [1, 2, 3].map((day) => ({
    ...historyEntry(judged, { time: `2026-12-0${day}T03:00:00Z`, run: null, commit: null, policy }),
    ...{ checkpoint: `sha256:night ${day}`, seed: day },
  }));
  return withTrend(judged, assessTrend(history, policy));
}

/** Every form of a report that a person or a program reads, by the name of its file. */
function outputsOf(shown: Report): Record<string, string> {
  const repository = 'https://github.com/octo/models';
  const origin = { id: 7, attempt: 1, commit: 'c'.repeat(40), repository, by: 'own' as const, head: null };
  const options = { key: 'nightly', origin, overrideLabel: 'accept', htmlReport: `${repository}/actions/runs/7` };
  return {
    'report.json': JSON.stringify(serializeReport(shown), null, 1),
    'comment.md': renderComment(shown),
    'comment-with-options.md': renderComment(shown, options),
    'comment-6000.md': renderComment(shown, { limit: 6000 }),
    'comment-2500.md': renderComment(shown, { limit: 2500 }),
    'summary.md': renderStepSummary(shown),
    'issue.json': JSON.stringify(describeRegression(shown, { key: 'nightly', run: `${repository}/actions/runs/7` })),
    'check-run.json': JSON.stringify(describeCheckRun(shown, {}), null, 1),
    'terminal.txt': renderTerminal(shown, { color: false, width: 120 }),
    'terminal-narrow.txt': renderTerminal(shown, { color: true, width: 72 }),
    'short.txt': renderShort(shown, { kind: 'option', option: '--out DIR' }, { color: false, width: 100 }),
    'page.html': renderHtml(shown),
    'junit.xml': renderJunit(shown, { isFailure: (verdict) => verdict === 'fail' }),
  };
}

async function write(name: string, shown: Report): Promise<void> {
  const folder = join(out, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(outputsOf(shown))) await writeFile(join(folder, file), text);
}

for (let seed = 1; seed <= RANDOM_CHECKS; seed += 1) await write(`random-${seed}`, randomCheck(seed));
for (const [i, name] of HOSTILE_NAMES.entries()) {
  await write(`hostile-${i}`, hostileReport(name.slice(0, 2000)));
}
const every = everyFinding('checkpoint');
await write('plain', report());
await write('probes', report({ probes: probeReport() }));
await write(
  'every-finding',
  report({ verdict: 'fail', findings: every.map((one) => ({ ...one, level: 'fail' as const })) }),
);
await write('calibrated', report({ calibration: calibrationReport() }));
console.log(`${RANDOM_CHECKS + HOSTILE_NAMES.length + 4} checks → ${out}`);
