import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { repository, temporaryFolder } from '../fixtures.ts';
import { freePort } from '../free-port.ts';

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
}

const workflow = parse(readFileSync(repository('examples', 'workflows', 'server.yml'), 'utf8'));

/** In place of vLLM: writes what it was started with, answers /health after a while, and has a process of its own. */
const VLLM = `#!/usr/bin/env node
const { createServer } = require('node:http');
const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const worker = spawn('sleep', ['600'], { stdio: 'ignore' });
writeFileSync(process.env.STARTED, JSON.stringify({ arguments: process.argv.slice(2), worker: worker.pid }));
process.on('SIGTERM', () => process.exit(0));
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
setTimeout(() => createServer((request, response) => response.end('ok')).listen(port, '127.0.0.1'), 1000);
`;

const BROKEN = `#!/usr/bin/env bash
echo 'CUDA out of memory'
exit 1
`;

async function runner(job: string, vllm: string) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'vllm'), vllm);
  chmodSync(join(folder, 'bin', 'vllm'), 0o755);
  const port = await freePort();
  const started = join(folder, 'started.json');
  const environment = {
    ...{ PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`, RUNNER_TEMP: folder, STARTED: started },
    ...{ GPUS: '2', START_LIMIT: '30', MODEL: 'org/model', REVISION: '0'.repeat(40) },
  };
  const run = (name: string) => {
    const step = workflow.jobs[job].steps.find((one: Step) => one.name === name) as Step;
    const literal = Object.entries(step.env ?? {}).filter(([, value]) => !value.includes('${{'));
    const script = (step.run ?? '').replaceAll('8000', String(port));
    // As a runner of GitHub starts a step.
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-e', '-c', script], {
      env: { ...environment, ...Object.fromEntries(literal) },
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };
  onTestFinished(() => void run('Stop vLLM'));
  return { run, read: () => JSON.parse(readFileSync(started, 'utf8')), pid: join(folder, 'vllm.pid') };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it.each([
  ['served', ['serve', '/models/base', '--served-model-name', 'base', '--enable-lora']],
  ['probes', ['serve', 'org/model', '--revision', '0'.repeat(40), '--served-model-name', 'candidate']],
])(
  'the job %s of the example starts a server, waits until it answers, and leaves nothing behind',
  async (job, words) => {
    const { run, read, pid } = await runner(job, VLLM);
    expect(run('Start vLLM')).toEqual({ status: 0, output: '' });
    expect(run('Wait for vLLM')).toMatchObject({ status: 0 });
    const server = Number(readFileSync(pid, 'utf8'));
    const { arguments: given, worker } = read();
    expect(given.slice(0, words.length)).toEqual(words);
    expect(given).toEqual(expect.arrayContaining(['--tensor-parallel-size', '2', '--host', '127.0.0.1']));
    expect([server, worker].map(isAlive)).toEqual([true, true]);
    expect(run('Stop vLLM').status).toBe(0);
    expect([server, worker].map(isAlive)).toEqual([false, false]);
    expect(run('Stop vLLM').status, 'twice').toBe(0);
  },
);

it('a server that does not start fails its step at once, with the last lines of its log', async () => {
  const { run } = await runner('probes', BROKEN);
  expect(run('Stop vLLM').status, 'before it was started').toBe(0);
  run('Start vLLM');
  const { status, output } = run('Wait for vLLM');
  expect(status).toBe(1);
  expect(output).toContain('CUDA out of memory');
  expect(output).toContain('::error::vLLM does not answer');
  expect(run('Stop vLLM').status).toBe(0);
});

it('a candidate that is no model and commit is refused before anything is started', () => {
  const { run: script } = workflow.jobs.candidate.steps.find((step: Step & { id?: string }) => step.id === 'read');
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const output = join(folder, 'output');
  const read = (line: string) => {
    writeFileSync(join(folder, 'candidate.txt'), line);
    writeFileSync(output, '');
    const env = { PATH: process.env.PATH, GITHUB_OUTPUT: output };
    const { status } = spawnSync('bash', ['--noprofile', '--norc', '-e', '-c', script], { cwd: folder, env });
    return { status, outputs: readFileSync(output, 'utf8') };
  };
  const commit = '0123456789'.repeat(4);
  expect(read(`org/model ${commit}\n`)).toEqual({ status: 0, outputs: `model=org/model\nrevision=${commit}\n` });
  for (const line of [
    `--help/x ${commit}\n`,
    'org/model main\n',
    `org/model ${commit}; id\n`,
    `a/b $(id) ${commit}\n`,
    '\n',
  ]) {
    expect(read(line), line).toEqual({ status: 1, outputs: '' });
  }
});
