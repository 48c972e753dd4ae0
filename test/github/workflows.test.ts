import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const ACTION = readFileSync(path('action.yml'), 'utf8');
const GATE = readFileSync(path('.github/workflows/gate.yml'), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shadow-gate-workflows-'));
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function lint(action: string, gate: string) {
  writeFileSync(join(folder, 'action.yml'), action);
  writeFileSync(join(folder, '.github/workflows/gate.yml'), gate);
  return spawnSync(process.execPath, [path('scripts/lint/workflows.mjs'), folder], { encoding: 'utf8' });
}

it('what we ship is clean', () => {
  expect(lint(ACTION, GATE)).toMatchObject({ status: 0, stderr: '' });
});

it.each([
  ['a misspelt key of action.yml', 'main:', 'mian:', /^action\.yml:\d+: .*mian/m],
  ['a misspelt permission', 'pull-requests: write', 'pull-request: write', /gate\.yml:\d+: .*pull-request/],
  ['an unknown context', 'github.ref', 'githob.ref', /gate\.yml:\d+: .*githob/],
  ['text of a stranger in a script', '"$EXPECTED"', '$' + '{{ github.head_ref }}', /untrusted/],
  ['an action by tag', /checkout@\S+ # \S+/, 'checkout@v7', /checkout@v7: pin it/],
  ['an input that is not there', 'reference: examples', 'refrence: examples', /has no input refrence/],
])('the linter finds %s', (_, from, to, complaint) => {
  const { status, stderr } = lint(ACTION.replace(from, to), GATE.replace(from, to));
  expect(stderr).toMatch(complaint);
  expect(status).toBe(1);
});

it('the linter finds a required input that is missing', () => {
  const action = ACTION.replace(/(\n {2}seed:[\s\S]*?required: )false/, '$1true');
  expect(action).not.toBe(ACTION);
  expect(lint(action, GATE).stderr).toMatch(/needs the input seed/);
});
