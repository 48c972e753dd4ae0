import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Exit codes of a verdict. */
const VERDICTS = new Set([0, 1, 3]);

/** The built command line, with a cache folder of its own. */
export class CommandLine {
  #cli;
  #work;

  constructor({ cli, work }) {
    this.#cli = cli;
    this.#work = work;
  }

  /** `{ endpoint: 'U' }` as `--endpoint U`; undefined is left out. */
  options(values) {
    return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  }

  /** @throws Error for another exit code than that of a verdict */
  run(args, codes = new Set([0])) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#cli, ...args], this.#settings('pipe'));
    const seconds = (performance.now() - started) / 1000;
    if (!codes.has(status)) throw new Error(`shadow-gate ${args.join(' ')} ended with ${status}:\n${stderr}`);
    return { text: `${stdout}\n${stderr}`, seconds };
  }

  /** A check whose files are written to a folder of this name. */
  check(args, name) {
    const folder = join(this.#work, name);
    this.run([...args, '--out', folder], VERDICTS);
    return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  }

  /** Start, and kill it as soon as a condition is true. */
  async killWhen(args, isTime) {
    const child = spawn(process.execPath, [this.#cli, ...args], this.#settings('ignore'));
    const ended = once(child, 'exit');
    while (child.exitCode === null && !isTime()) await wait(200);
    if (child.exitCode !== null) throw new Error('the run ended before it could be killed');
    child.kill('SIGKILL');
    await ended;
  }

  #settings(stdio) {
    const env = { ...process.env, SHADOW_GATE_CACHE: join(this.#work, 'cache') };
    return { stdio, env, encoding: 'utf8', maxBuffer: 2 ** 26, cwd: this.#work };
  }
}
