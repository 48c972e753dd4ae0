import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isHubPath, parseHubPath } from '@shadow-gate/checkpoints/hub';
import { isInside } from '@shadow-gate/platform/files';
import { printable } from '../../report/escape.ts';
import { isInLfs, pathIn } from './git.ts';
import type { Say } from './say.ts';
import type { CandidateSource } from './workflow-text.ts';

/** GitHub refuses a push with a larger file, unless Git LFS stores it. */
const LARGEST_IN_GIT = 100 * 1024 ** 2;

export async function placeCheckpoint(
  root: string,
  { checkpoint, largestFile, say }: { readonly checkpoint: string; readonly largestFile: number; readonly say: Say },
): Promise<CandidateSource> {
  if (isHubPath(checkpoint)) return { kind: 'hub', folder: parseHubPath(checkpoint).folder };
  const own = await placeInRepository(root, checkpoint, say);
  const files = ['', '/model.safetensors', '/adapter_model.safetensors', '/model-00001-of-00002.safetensors'];
  const isTracked = (await Promise.all(files.map((file) => isInLfs(root, `${own}${file}`)))).includes(true);
  const isLarge = largestFile > LARGEST_IN_GIT;
  if (isLarge && !isTracked) {
    const [, extension = 'safetensors'] = /\.(gguf|onnx)$/.exec(own) ?? [];
    say(
      `▲ GitHub takes files of more than 100 MB only in Git LFS: git lfs track '*.${extension}' && git add .gitattributes`,
    );
  }
  return { kind: 'local', checkpoint: own, lfs: isTracked || isLarge };
}

/** The path as a runner has it. Other files of this machine have to be put into the repository. */
export async function placeInRepository(root: string, path: string, say: Say): Promise<string> {
  const own = pathIn(root, path);
  const real = await realpath(resolve(root, path)).catch(() => null);
  if (own !== null && (real === null || isInside(real, await realpath(root)))) return own;
  const place = own ?? `models/${resolve(path).split('/').at(-1)}`;
  say(
    `▲ ${printable(path)} is outside of this folder, and a runner has only what is in the repository: put the files themselves at ${printable(place)}`,
  );
  return place;
}

/** Three times a measurement's time here, in half hours, since hosted runners are shared; by default GitHub's limit. */
export function timeoutMinutes(seconds: number | null): number {
  const [least, step, most] = [60, 30, 360];
  if (seconds === null) return most;
  return Math.min(most, Math.max(least, step * Math.ceil((3 * seconds) / 60 / step)));
}

/** Only a runner in the same network reaches a private address. */
export function isPrivateAddress(endpoint: string): boolean {
  const host = new URL(endpoint).hostname.replace(/^\[(.*)\]$/, '$1');
  return (
    !/[.:]/.test(host) ||
    /\.(?:local|internal|lan)$/.test(host) ||
    /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/.test(host) ||
    /^(?:::1$|f[cd][0-9a-f]*:|fe80:)/i.test(host)
  );
}
