import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('toolkit.mjs', import.meta.url));

/** `['restoreCache', paths, key, restoreKeys]`, or a method of DefaultArtifactClient and what it is given. */
export type ToolkitCall = readonly [name: string, ...given: unknown[]];

export interface Toolkit {
  /** What each call returned, or `{ error }` with the name and message of what it threw. */
  readonly results: ReadonlyArray<{ readonly value?: unknown; readonly error?: string }>;
  readonly log: string;
}

/** Call the real toolkit as a step of a workflow would, in a workspace and with the environment of a run. */
export async function toolkit(
  workspace: string,
  environment: Readonly<Record<string, string>>,
  ...calls: ToolkitCall[]
): Promise<Toolkit> {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-toolkit-'));
  try {
    const file = join(folder, 'results.json');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify(calls), file], {
      cwd: workspace,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: folder,
        ...environment,
      },
    });
    return { results: JSON.parse(await readFile(file, 'utf8')) as Toolkit['results'], log: stdout + stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
