import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseHubPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { isInside } from '@shadow-gate/platform/files';
import { isInLfs, pathIn } from './git.ts';
import { type DescribedModel, isOnHub } from './model.ts';
import type { CandidateSource } from './workflow-text.ts';

/** GitHub refuses a push with a larger file, unless Git LFS stores it. */
const LARGEST_IN_GIT = 100 * 1024 ** 2;

/** Bytes of a hosted runner, less what the rest of the job needs. */
export const HOSTED = { memory: 14e9, disk: 12e9 } as const;

/** Where a runner finds what is checked, and what a person has to know about that. */
export interface Placement {
  readonly source: CandidateSource;
  readonly reference: string | null;
  readonly warnings: readonly PlaceWarning[];
}

interface PlaceWarning {
  readonly text: string;
  readonly fix: string;
}

/** Place a checkpoint that pull requests change, and its reference, in a repository. */
export async function placeCheckpoint(
  root: string,
  {
    checkpoint,
    reference,
    described,
  }: { readonly checkpoint: string; readonly reference: string | undefined; readonly described: DescribedModel },
): Promise<Placement> {
  const warnings: PlaceWarning[] = [];
  const own = isOnHub(checkpoint) ? null : await inRepository(root, checkpoint, warnings);
  const base =
    reference === undefined || isOnHub(reference) ? (reference ?? null) : await inRepository(root, reference, warnings);
  if (own === null)
    return { source: { kind: 'hub', folder: parseHubPath(checkpoint).folder }, reference: base, warnings };
  const files = ['model.safetensors', 'adapter_model.safetensors', 'model-00001-of-00002.safetensors'];
  const tracked = await Promise.all(files.map((file) => isInLfs(root, `${own}/${file}`)));
  const lfs = tracked.some((is) => is) || (await isInLfs(root, own));
  const isLarge = described.largestFile > LARGEST_IN_GIT;
  if (isLarge && !lfs) {
    warnings.push({
      text: 'GitHub takes files of more than 100 MB only in Git LFS, which does not track this one yet',
      fix: `git lfs track '*.${/\.(?:gguf|onnx)$/.exec(own)?.[0].slice(1) ?? 'safetensors'}' && git add .gitattributes`,
    });
  }
  return { source: { kind: 'local', checkpoint: own, lfs: lfs || isLarge }, reference: base, warnings };
}

/** The path as a runner has it. What is elsewhere on this machine has to be put into the repository. */
async function inRepository(root: string, path: string, warnings: PlaceWarning[]): Promise<string> {
  const own = pathIn(root, path);
  const real = await realpath(resolve(root, path)).catch(() => null);
  const isOutside = own === null || (real !== null && !isInside(real, await realpath(root)));
  if (!isOutside) return own;
  const place = own ?? `models/${resolve(path).split('/').at(-1)}`;
  warnings.push(
    own === null
      ? {
          text: `${path} is outside of this folder, and a runner has only what is in the repository`,
          fix: `the workflow expects it at ${place}: commit it there`,
        }
      : {
          text: `${path} is a link out of this folder, and a runner has only what is in the repository`,
          fix: 'put the files themselves there',
        },
  );
  return place;
}

/** What a runner needs more than the smallest hosted one has, in words; null if that is enough. */
export function runnerNeeds(
  { memory, downloaded }: { readonly memory: number; readonly downloaded: number },
  format: (bytes: number) => string,
): string | null {
  const parts = [
    ...(memory > HOSTED.memory ? [`${format(memory)} of free memory`] : []),
    ...(downloaded > HOSTED.disk ? [`${format(downloaded)} of free disk`] : []),
  ];
  return parts.length === 0 ? null : parts.join(' and ');
}

/** Three times what this machine is expected to take, in half hours: hosted runners are shared. */
export function timeoutMinutes(expectedSeconds: number): number {
  const [least, step, most] = [60, 30, 360];
  return Math.min(most, Math.max(least, step * Math.ceil((3 * expectedSeconds) / 60 / step)));
}

/** Only a runner in the same network reaches a private address. */
export function isPrivateAddress(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) throw new UserError(`${endpoint} is no address`, 'give one such as http://host:8000/v1');
  const host = new URL(endpoint).hostname.replace(/^\[(.*)\]$/, '$1');
  return (
    !/[.:]/.test(host) ||
    /\.(?:local|internal|lan)$/.test(host) ||
    /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/.test(host) ||
    /^(?:::1$|f[cd][0-9a-f]*:|fe80:)/i.test(host)
  );
}
