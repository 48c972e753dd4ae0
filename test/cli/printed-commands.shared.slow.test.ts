import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/compare/finding.ts';
import type { Report } from '../../src/compare/report.ts';
import { nextSteps } from '../../src/report/summary/finding.ts';
import { everyFinding } from '../report/findings.ts';
import { HOSTILE_NAMES, probeReport, report, subject } from '../report/fixtures.ts';
import { runCli } from './run-cli.ts';

/** Reports on which the commands of a step differ. */
const BASES: Readonly<Record<string, Partial<Report>>> = {
  'of probes': { probes: probeReport() },
  'of spectra alone': { probes: null },
  'with a time limit': { probes: { ...probeReport(), budgetSeconds: 60 } },
  'of a policy and a baseline of their own': {
    policy: 'ci/gate.yml',
    baseline: subject({ path: 'models/approved', name: 'approved/b 1.json' }),
  },
  'without a reference or a baseline': { reference: null, baseline: null },
  'of a hostile name': { candidate: subject({ path: HOSTILE_NAMES[0] ?? '' }) },
};
const OTHERS: Readonly<Record<string, (all: readonly Finding[]) => Finding[]>> = {
  'at this machine': () => [],
  'at a server': (all) => all.filter((one) => one.kind === 'no-weights'),
  'in logs': (all) => all.filter((one) => one.kind === 'evaluation-logs'),
};

/** The commands of all steps, as arguments, each once. */
function printedCommands(): string[][] {
  const all = everyFinding('w_1');
  const texts = Object.values(BASES).flatMap((over) =>
    Object.values(OTHERS).flatMap((othersOf) =>
      all.flatMap((one) => {
        const findings = [one, ...othersOf(all)];
        const steps = nextSteps(one, report({ ...over, findings }));
        return steps.flat().flatMap((part) => (typeof part !== 'string' && part.kind === 'command' ? [part.text] : []));
      }),
    ),
  );
  // As a shell reads them, all at once.
  const lines = [...new Set(texts)].map((text) => `for word in ${text}; do printf '%s\\0' "$word"; done; printf '\\1'`);
  const read = execFileSync('sh', ['-c', lines.join('\n')], { encoding: 'utf8' });
  return read
    .split('\u0001')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

describe('the commands that a report prints', () => {
  const options = new Map<string, string>();
  let commands: string[][] = [];
  beforeAll(async () => {
    commands = printedCommands();
    for (const name of new Set(commands.map(([, command = '']) => command))) {
      const { code, stdout } = await runCli(name, '--help');
      expect(code, name).toBe(0);
      options.set(name, stdout);
    }
  });

  it('are there for measuring, checking, asking, calibrating and looking', () => {
    expect([...options.keys()].sort()).toEqual(['calibrate', 'check', 'measure', 'probes', 'spectra']);
  });

  it('have only options of their command, each with a value where it takes one', () => {
    for (const [program, name = '', ...words] of commands) {
      expect(program).toBe('shadow-gate');
      const help = options.get(name) ?? '';
      for (const [i, word] of words.entries()) {
        if (!word.startsWith('--')) continue;
        const [line] = new RegExp(`^ {2}(?:-\\w, )?${word}(?: .*)?$`, 'm').exec(help) ?? [];
        expect(line, `${name} ${word}`).toBeDefined();
        const takesValue = new RegExp(`${word} <`).test(line ?? '');
        const hasValue = words[i + 1] !== undefined && !words[i + 1]?.startsWith('--');
        expect(hasValue, [name, ...words].join(' ')).toBe(takesValue);
      }
    }
  });

  it('have everything that the command needs', () => {
    for (const [, name = '', ...words] of commands) {
      const has = (option: string) => words.includes(option);
      const isOfLogs = words.some((word) => /^--(?:lm-eval|inspect|lighteval|every-eval-ever|counts)$/.test(word));
      expect(isOfLogs || has('--checkpoint') || has('--checkpoints') || (has('--endpoint') && has('--model'))).toBe(
        true,
      );
      if (name === 'measure') expect(has('--out')).toBe(true);
    }
  });
});
