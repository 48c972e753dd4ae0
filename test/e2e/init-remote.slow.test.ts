import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type FakeHub, startFakeHub } from '../../packages/checkpoints/test/hub/fake-hub.ts';
import { serveCheckpoint } from '../../packages/language-model/test/remote/serve-checkpoint.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { readMeasurement } from '../../src/measure/schema/read.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { asProcess } from './as-process.ts';

const WORKFLOW = '.github/workflows/shadow-gate.yml';
const BASELINE = '.shadow-gate/baseline.json';

let hub: FakeHub;
beforeAll(async () => {
  hub = await startFakeHub();
  hub.token = 'hf_secret';
});
afterAll(() => hub.close());

function commit(name: string): string {
  const folder = repository('examples', name);
  return hub.commit(
    `org/${name}`,
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))])),
  );
}

/** A folder with the policy of the examples and a part of their probes. */
function userFolder(): string {
  const folder = temporaryFolder();
  const lines = readFileSync(repository('examples', 'probes.jsonl'), 'utf8').split('\n').slice(0, 180);
  writeFileSync(join(folder, 'probes.jsonl'), lines.join('\n'));
  writeFileSync(join(folder, 'shadow-gate.yml'), 'probes: [probes.jsonl]\n');
  return folder;
}

function cli(folder: string, args: readonly string[], token = 'hf_secret') {
  const environment = {
    PATH: process.env.PATH ?? '',
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: token,
    SHADOW_GATE_CACHE: join(folder, '.cache'),
  };
  return asProcess({ environment, folder }, async () => {
    process.exitCode = await runCommandLine(args, Object.assign(process, { now: () => new Date() }));
  });
}

const gateOf = (folder: string) =>
  parse(readFileSync(join(folder, WORKFLOW), 'utf8')).jobs.gate.steps.find(({ id }: { id?: string }) => id === 'gate');

describe('init', () => {
  it('pins a checkpoint of a gated hub by its commit in a file, and gives the workflow its token', async () => {
    const sha = commit('coverage-expanding');
    commit('base');
    const folder = userFolder();
    const args = ['--checkpoint', 'hf://org/coverage-expanding', '--reference', 'hf://org/base'];
    const { code, log } = await cli(folder, ['init', '--yes', ...args]);
    expect(code, log).toBe(0);
    expect(readFileSync(join(folder, 'candidate.txt'), 'utf8')).toBe(`org/coverage-expanding ${sha}\n`);
    expect(gateOf(folder).env).toHaveProperty('HF_TOKEN');
    expect(gateOf(folder).with.reference).toBe('hf://org/base');
    const { run: record } = await readMeasurement(join(folder, BASELINE));
    expect(record.checkpoint).toBe(`hf://org/coverage-expanding@${sha}`);
    expect(log).toContain('add the secret HF_TOKEN');
    expect(log).not.toContain('hf_secret');
    // The set-up that was written is the one that doctor reads.
    const healthy = await cli(folder, ['doctor']);
    expect(healthy.log).toMatch(/✔ checkpoint: hf:.*coverage-expanding/s);
    expect(healthy.log).toMatch(/^✘ 1 problem/m);
  });

  it('sets up a server that is asked without weights, and reads no key into a file', async () => {
    const served = await serveCheckpoint(repository('examples', 'base'));
    const folder = userFolder();
    try {
      const endpoint = `${served.server.url}?api-key=secret`;
      const { code, log } = await cli(folder, ['init', '--yes', '--endpoint', endpoint, '--model', 'toy']);
      expect(code, log).toBe(0);
      expect(log).toContain('only machines in the same network reach this address');
      expect(readFileSync(join(folder, 'candidate.txt'), 'utf8')).toBe('toy\n');
      for (const text of [log, readFileSync(join(folder, WORKFLOW), 'utf8')]) expect(text).not.toContain('api-key');
      expect(gateOf(folder).with.endpoint).toBe(`${new URL(served.server.url).origin}/v1`);
      expect((await readMeasurement(join(folder, BASELINE))).checkpoint.format).toBe('served');
      expect((await cli(folder, ['doctor'])).log).toMatch(/✔ server: .* answers/);
      expect((await cli(folder, ['doctor', '--endpoint', served.server.url, '--model', 'other'])).log).toMatch(
        /✘ server: .* has no other/,
      );
    } finally {
      await served.stop();
    }
  });

  it('measures an adapter on its base model', async () => {
    const folder = temporaryFolder();
    cpSync(fixture('lora'), join(folder, 'adapter'), { recursive: true });
    cpSync(fixture('llama-f32'), join(folder, 'base'), { recursive: true });
    const { code, log } = await cli(folder, ['init', '--yes', '--only', 'spectra']);
    expect(code, log).toBe(0);
    expect(gateOf(folder).with).toMatchObject({ checkpoint: 'adapter', reference: 'base', only: 'spectra' });
    expect((await readMeasurement(join(folder, BASELINE))).checkpoint.format).toBe('lora');
  });

  it('makes nothing of hostile names but names', async () => {
    const folder = temporaryFolder();
    const name = `x\u001b[31m $(touch owned) \${{ secrets.X }}'\u202e##[error]`;
    mkdirSync(join(folder, name));
    cpSync(repository('examples', 'base'), join(folder, name), { recursive: true });
    const config = JSON.parse(readFileSync(join(folder, name, 'config.json'), 'utf8'));
    writeFileSync(
      join(folder, name, 'config.json'),
      JSON.stringify({ ...config, model_type: 'llama\u001b[2J##[error]' }),
    );
    const { code, log } = await cli(folder, ['init', '--yes', '--only', 'spectra']);
    expect(code, log).toBe(0);
    const checked = await cli(folder, ['doctor']);
    for (const text of [log, checked.log]) {
      expect(text.replace(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(text).not.toContain('##[');
    }
    // A runner evaluates the expression to the two braces.
    expect(gateOf(folder).with.checkpoint.replaceAll(`\${{ '\${{' }}`, '${{')).toBe(name);
    expect(parse(readFileSync(join(folder, WORKFLOW), 'utf8')).on.pull_request).not.toHaveProperty('paths');
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });
});
