import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';

const ACTION = readFileSync(repository('action.yml'), 'utf8');
const GATE = readFileSync(repository('.github/workflows/gate.yml'), 'utf8');
const GATE_FILE = '.github/workflows/gate.yml';
const COPIED_FILE = 'examples/workflows/gate.yml';

interface Case {
  readonly action?: string;
  readonly gate?: string;
  readonly copied?: string;
  readonly problem: RegExp;
}

const misspelledInput = GATE.replace('reference: examples', 'refrence: examples');
const CASES: Readonly<Record<string, Case>> = {
  'a misspelled key of action.yml': { action: ACTION.replace('main:', 'mian:'), problem: /action\.yml:\d+: .*mian/ },
  'a misspelled permission': {
    gate: GATE.replace('pull-requests: write', 'pull-request: write'),
    problem: /gate\.yml:\d+: .*pull-request/,
  },
  'a permission that nobody explains': {
    gate: GATE.replace(' # the comment', ''),
    problem: /gate\.yml:\d+: .*the permission pull-requests is for/,
  },
  'an unknown context': { gate: GATE.replace('github.ref', 'githob.ref'), problem: /gate\.yml:\d+: .*githob/ },
  'untrusted text in a script': {
    gate: GATE.replace('"$EXPECTED"', '$' + '{{ github.head_ref }}'),
    problem: /untrusted/,
  },
  'an action that is pinned by tag': {
    gate: GATE.replace(/checkout@\S+ # \S+/, 'checkout@v7'),
    problem: /checkout@v7: pin it/,
  },
  'an input that the action does not have': { gate: misspelledInput, problem: /has no input refrence/ },
  'the same in a workflow to copy': { copied: misspelledInput, problem: /examples.*has no input refrence/ },
  'a required input that a step does not pass': {
    action: ACTION.replace(/(\n {2}seed:[\s\S]*?required: )false/, '$1true'),
    problem: /needs the input seed/,
  },
};

/** One run for all cases: most of its time goes into loading GitHub's language service. */
const result = lint({ clean: {}, ...CASES });

function lint(cases: Readonly<Record<string, Partial<Case>>>) {
  const root = mkdtempSync(join(tmpdir(), 'shadow-gate-workflows-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  try {
    for (const [name, { action = ACTION, gate = GATE, copied }] of Object.entries(cases)) {
      write(`${name}/action.yml`, action);
      write(`${name}/${GATE_FILE}`, gate);
      if (copied !== undefined) write(`${name}/${COPIED_FILE}`, copied);
    }
    const script = scriptArguments('scripts/lint/workflows.ts');
    return spawnSync(process.execPath, [...script, ...Object.keys(cases)], { cwd: root, encoding: 'utf8' });
  } finally {
    rmSync(root, { recursive: true });
  }
}

const problemsIn = (name: string) => result.stderr.split('\n').filter((line) => line.startsWith(`${name}/`));

it('accepts the action and the workflow of this repository', () => {
  expect(problemsIn('clean')).toEqual([]);
});

it.each(Object.keys(CASES))('finds %s, and fails', (name) => {
  const { action, gate, copied, problem } = CASES[name] ?? { problem: /never/ };
  expect([action, gate, copied]).not.toEqual([ACTION, GATE, undefined]);
  expect(problemsIn(name).join('\n')).toMatch(problem);
  expect(result.status).toBe(1);
});

interface Workflow {
  readonly on: object;
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Job {
  readonly permissions?: { readonly actions?: string };
  readonly steps: readonly {
    readonly uses?: string;
    readonly with?: { readonly only?: string; readonly shard?: string };
  }[];
}

it('each job to copy that judges or measures a pull request may read what GitHub knows of caches and runs', () => {
  const folder = repository('examples/workflows');
  const asking: string[] = [];
  for (const file of readdirSync(folder)) {
    const { on, jobs }: Workflow = parse(readFileSync(join(folder, file), 'utf8'));
    if (!('pull_request' in on)) continue;
    for (const [name, { permissions, steps }] of Object.entries(jobs)) {
      const ours = steps.find(({ uses }) => uses?.startsWith('OWNER/shadow-gate@'));
      // A share of the probes looks nothing up: no cache has answers alone, and it writes no comment.
      if (ours === undefined || (ours.with?.only === 'probes' && ours.with.shard !== undefined)) continue;
      asking.push(`${file} ${name}`);
      expect(permissions?.actions, `${file} ${name}`).toBe('read');
    }
  }
  expect(asking).toEqual(expect.arrayContaining(['matrix.yml measure', 'matrix.yml gate', 'server.yml spectra']));
});
