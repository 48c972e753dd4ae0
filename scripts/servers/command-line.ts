import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Exit codes of a verdict. */
const VERDICTS = new Set([0, 1, 3]);

/** Options by their names. */
export type Options = Readonly<Record<string, string | undefined>>;

/** The part of a report.json that is read here. */
interface JudgedReport {
  readonly verdict: string;
}

/** The built command line, with a cache folder of its own. */
export class CommandLine {
  readonly #cli: string;
  readonly #work: string;

  constructor({ cli, work }: { readonly cli: string; readonly work: string }) {
    this.#cli = cli;
    this.#work = work;
  }

  /** `{ endpoint: 'U' }` as `--endpoint U`; undefined is left out. */
  options(values: Options): string[] {
    return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  }

  /** @throws Error for an exit code that is not in `codes` */
  run(
    args: readonly string[],
    codes: ReadonlySet<number | null> = new Set([0]),
  ): { readonly text: string; readonly seconds: number } {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#cli, ...args], {
      ...this.#settings(),
      stdio: 'pipe',
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    const seconds = (performance.now() - started) / 1000;
    if (!codes.has(status)) throw new Error(`shadow-gate ${args.join(' ')} ended with ${status}:\n${stderr}`);
    return { text: `${stdout}\n${stderr}`, seconds };
  }

  /** A check whose files are written to a folder of this name. */
  check(args: readonly string[], name: string): JudgedReport {
    const folder = join(this.#work, name);
    this.run([...args, '--out', folder], VERDICTS);
    return JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  }

  /** Start, and kill it as soon as a condition is true. */
  async killWhen(args: readonly string[], isTime: () => boolean): Promise<void> {
    const child = spawn(process.execPath, [this.#cli, ...args], { ...this.#settings(), stdio: 'ignore' });
    const ended = once(child, 'exit');
    while (child.exitCode === null && !isTime()) await wait(200);
    if (child.exitCode !== null) throw new Error('the run ended before it could be killed');
    child.kill('SIGKILL');
    await ended;
  }

  #settings(): { readonly env: NodeJS.ProcessEnv; readonly cwd: string } {
    return { env: { ...process.env, SHADOW_GATE_CACHE: join(this.#work, 'cache') }, cwd: this.#work };
  }
}
