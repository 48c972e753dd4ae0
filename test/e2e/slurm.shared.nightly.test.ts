import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { readJunit } from '../cli/read-junit.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { builtDist } from './built-dist.ts';
import { hasSlurm, SlurmCluster } from './slurm-cluster.ts';

const example = (name: string) => repository('examples', name);
const SHARES = 3;

describeNeeds(hasSlurm, 'munged, slurmctld, slurmd and sbatch')('the recipe for Slurm', () => {
  let cluster: SlurmCluster;
  let gate: string;
  let folder: string;
  /** Has the process of a share that never ends, and the one that started it. */
  let pidFile: string;
  let holdingGate: string;

  beforeAll(async () => {
    folder = temporaryFolder();
    const cli = join(await builtDist(), 'cli.js');
    gate = `${process.execPath} ${cli}`;
    pidFile = join(folder, 'pid');
    holdingGate = join(folder, 'holding-gate.sh');
    const hold = `if [ "$1" = measure ] && [ "$SLURM_ARRAY_TASK_ID" = 2 ]; then echo $$ $PPID > ${pidFile}; exec sleep 900; fi`;
    writeFileSync(holdingGate, ['#!/bin/bash', hold, `exec ${gate} "$@"`].join('\n'), { mode: 0o755 });
    const questions = readFileSync(example('probes.jsonl'), 'utf8').split('\n').slice(0, 30);
    writeFileSync(join(folder, 'few.jsonl'), questions.join('\n'));
    writeFileSync(join(folder, 'few.yml'), 'probes: [few.jsonl]\n');
    for (const [file, policy] of [
      ['baseline.json', example('shadow-gate.yml')],
      ['few.json', join(folder, 'few.yml')],
    ] as const) {
      const model = ['--checkpoint', example('base'), '--policy', policy];
      execFileSync(process.execPath, [cli, 'measure', ...model, '--out', join(folder, file)]);
    }
    cluster = await SlurmCluster.start(['n1', 'n2', 'n3']);
  }, 300_000);
  afterAll(async () => {
    await cluster?.ask('scancel', '--quiet', '--me');
    await cluster?.until(isIdle);
    cluster?.stop();
  });

  function submit(out: string, variables: Readonly<Record<string, string>> = {}) {
    const env = {
      ...cluster.env,
      SHADOW_GATE: gate,
      CHECKPOINT: example('coverage-expanding'),
      REFERENCE: example('base'),
      BASELINE: 'baseline.json',
      POLICY: example('shadow-gate.yml'),
      N: `${SHARES}`,
      OUT: out,
      SHARE_OPTIONS: '',
      JUDGE_OPTIONS: '',
      ...variables,
    };
    return new Promise<{ code: number; log: string }>((resolve) => {
      const child = execFile(
        'bash',
        [repository('examples', 'slurm', 'gate.sh')],
        { cwd: folder, env },
        (_, ...streams) => resolve({ code: child.exitCode ?? -1, log: streams.join('') }),
      );
    });
  }
  const inFolder = (...path: string[]) => join(folder, ...path);
  const isIdle = async () => (await cluster.ask('squeue', '-h')).length === 0;

  /**
   * A run of which the second share never ends, once the others have.
   * @returns the job, the node and the processes of that share, and the last job
   */
  async function held(out: string, options = '') {
    const ended = submit(out, { SHADOW_GATE: holdingGate, SHARE_OPTIONS: options });
    await cluster.until(async () => (await cluster.ask('squeue', '-h', '-r')).length === 2 && existsSync(pidFile));
    const [share = '', node = ''] = (await cluster.ask('squeue', '-h', '-r', '-t', 'R', '-o', '%i %N'))
      .join()
      .split(' ');
    const [judge = ''] = await cluster.ask('squeue', '-h', '-t', 'PD', '-o', '%i');
    const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number);
    rmSync(pidFile);
    return { ended, share, node, judge, pids };
  }

  it.each([
    ['coverage-expanding', {}, 0, 'pass'],
    ['benchmark-aligned', {}, 1, 'fail'],
    ['coverage-expanding', { POLICY: 'few.yml', BASELINE: 'few.json' }, 3, 'inconclusive'],
  ] as const)('judges %s with %j: %i', async (name, variables, code, verdict) => {
    const out = `judged-${verdict}`;
    const result = await submit(out, { CHECKPOINT: example(name), ...variables });
    expect(result.code, result.log).toBe(code);
    expect(result.log).toContain(verdict);
    expect(readJunit(readFileSync(inFolder(out, 'junit.xml'), 'utf8')).properties.verdict).toBe(verdict);
  });

  it('takes no folder that has shares of an earlier run', async () => {
    mkdirSync(inFolder('earlier'));
    expect(await submit('earlier')).toMatchObject({ code: 2, log: expect.stringContaining('earlier') });
  });

  it('reports no verdict where a share is canceled, and names it', async () => {
    const { ended, share } = await held('canceled');
    await cluster.ask('scancel', share);
    const { code, log } = await ended;
    expect(code, log).toBe(2);
    expect(log).toMatch(/shard 2\/3 .* is missing/);
    expect(existsSync(inFolder('canceled', 'report.json'))).toBe(false);
  });

  it('reports no verdict where the last job is canceled while it waits, and leaves no share running', async () => {
    const { ended, judge } = await held('unjudged');
    await cluster.ask('scancel', judge);
    expect((await ended).code).toBe(2);
    await cluster.until(isIdle);
  });

  it('reports no verdict where a node is lost, and names its share', async () => {
    const { ended, node, pids } = await held('lost', '--no-requeue');
    cluster.lose(node);
    // Which no cluster will end.
    onTestFinished(() => pids.forEach((pid) => void process.kill(pid, 'SIGKILL')));
    const { code, log } = await ended;
    expect(code, log).toBe(2);
    expect(log).toMatch(/shard 2\/3 .* is missing/);
  });
});
