import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryFolder } from '../fixtures.ts';
import { freePort } from '../free-port.ts';

const START_SECONDS = 60;

/** Debian keeps the daemons where only root looks for commands. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** Whether this machine has all that a cluster is made of. */
export const hasSlurm = ['munged', 'slurmctld', 'slurmd', 'sbatch'].every(
  (command) => spawnSync(command, ['--version'], { env: { ...process.env, PATH } }).error === undefined,
);

/** A Slurm on loopback, as the user of the tests: munged, slurmctld, and a slurmd of one processor for each node. */
export class SlurmCluster {
  /** What its commands need. */
  readonly env: NodeJS.ProcessEnv;
  readonly #daemons = new Map<string, ChildProcess>();

  private constructor(folder: string) {
    this.env = { ...process.env, PATH, SLURM_CONF: join(folder, 'slurm.conf') };
  }

  /** @throws Error if the nodes are not idle within a minute */
  static async start(nodes: readonly string[]): Promise<SlurmCluster> {
    const folder = temporaryFolder();
    // munged wants a socket that every user could reach.
    chmodSync(folder, 0o755);
    for (const name of ['state', 'spool', ...nodes.map((node) => `spool/${node}`)]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'slurm.conf'), await configuration(folder, nodes));
    // It does nothing where processes are tracked by /proc. Slurm 23.11, which is Ubuntu's, does not know `disabled`.
    writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\n');
    writeFileSync(join(folder, 'munge.key'), crypto.getRandomValues(new Uint8Array(1024)), { mode: 0o600 });
    const cluster = new SlurmCluster(folder);
    const files = ['key-file=munge.key', 'pid-file=munge.pid', 'seed-file=munge.seed', 'socket=munge.sock'];
    cluster.#run('munged', ['--foreground', ...files.map((file) => `--${file.replace('=', `=${folder}/`)}`)]);
    cluster.#run('slurmctld', ['-D']);
    for (const node of nodes) cluster.#run('slurmd', ['-D', '-N', node], node);
    try {
      await cluster.until(async () => (await cluster.ask('sinfo', '-h', '-N', '-t', 'idle')).length === nodes.length);
    } catch (error) {
      cluster.stop();
      throw error;
    }
    return cluster;
  }

  #run(command: string, args: readonly string[], name = command): void {
    this.#daemons.set(name, spawn(command, args, { env: this.env, stdio: 'ignore' }));
  }

  /** Lines that a command of Slurm prints; none where it fails. */
  async ask(command: string, ...args: string[]): Promise<readonly string[]> {
    const { stdout } = await promisify(execFile)(command, args, { env: this.env }).catch(() => ({ stdout: '' }));
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** @throws Error if it is not so within a minute */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let second = 0; second < START_SECONDS; second += 1) {
      if (await isSo()) return;
      await wait(1000);
    }
    throw new Error(`not within ${START_SECONDS} s: ${isSo}`);
  }

  /** As if its power was cut. What runs there goes on, unseen. */
  lose(node: string): void {
    this.#daemons.get(node)?.kill('SIGKILL');
  }

  stop(): void {
    for (const daemon of this.#daemons.values()) daemon.kill('SIGKILL');
  }
}

async function configuration(folder: string, nodes: readonly string[]): Promise<string> {
  const { username } = userInfo();
  const [host = ''] = hostname().split('.');
  const lines = [
    'ClusterName=test',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${await freePort()}`,
    `SlurmUser=${username}`,
    `SlurmdUser=${username}`,
    `AuthInfo=socket=${folder}/munge.sock`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd-%n.log`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU',
    'SlurmdParameters=config_overrides',
    'MpiDefault=none',
    // A lost node delays the questions to the others: with less time they count as lost too.
    'SlurmdTimeout=10',
    'ReturnToService=2',
    'PartitionName=all Nodes=ALL Default=YES State=UP',
  ];
  for (const node of nodes) {
    lines.push(`NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=1`);
  }
  return `${lines.join('\n')}\n`;
}
