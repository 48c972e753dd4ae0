import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asProcess } from './as-process.ts';

/** `['restoreCache', paths, key, restoreKeys]`, or a method of DefaultArtifactClient with its arguments. */
export type ToolkitCall = readonly [name: string, ...given: unknown[]];

interface Toolkit {
  /** What each call returned, or `{ error }` with the name and message of what it threw. */
  readonly results: ReadonlyArray<{ readonly value?: unknown; readonly error?: string }>;
  readonly log: string;
}

/** Call the real toolkit as a step of a workflow does, in a workspace and with the environment of a run. */
export async function toolkit(
  workspace: string,
  environment: Readonly<Record<string, string>>,
  ...calls: ToolkitCall[]
): Promise<Toolkit> {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-toolkit-'));
  const step = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: folder,
    ...environment,
  };
  const results: Array<Toolkit['results'][number]> = [];
  try {
    const { log } = await asProcess({ environment: step, folder: workspace }, async () => {
      const functions = await toolkitFunctions();
      for (const [name, ...given] of calls) results.push(await resultOf(() => functions(name)(...given)));
    });
    return { results, log };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type ToolkitFunction = (...given: unknown[]) => Promise<unknown>;

async function toolkitFunctions(): Promise<(name: string) => ToolkitFunction> {
  const { restoreCache, saveCache } = await import('@actions/cache');
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const functions = { restoreCache, saveCache } as Readonly<Record<string, unknown>>;
  const methods = client as unknown as Readonly<Record<string, ToolkitFunction>>;
  return (name) => (functions[name] ?? methods[name]?.bind(client)) as ToolkitFunction;
}

async function resultOf(call: () => Promise<unknown>): Promise<Toolkit['results'][number]> {
  try {
    return { value: (await call()) ?? null };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: `${name}: ${message}` };
  }
}
