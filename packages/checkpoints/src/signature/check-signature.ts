import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { isSignedWith, publicKeyDigest } from '@shadow-gate/platform';
import { openResolved, resolveInside, sha256Stream } from '@shadow-gate/platform/files';
import { MIB, type OnProgress } from '@shadow-gate/platform/progress';
import type { Checkpoint } from '../checkpoint.ts';
import { fetchTensors } from '../open.ts';
import { storedEntries } from '../tensors/tensor-value.ts';
import { readSignedFiles, type SignedFiles, signedBytes } from './signed-files.ts';

/** The default name of a signature in OpenSSF Model Signing. */
export const SIGNATURE_FILE = 'model.sig';

type SignatureFault = 'changed' | 'missing' | 'unsigned' | 'unreadable' | 'other-form';

export interface ModelSignature {
  readonly files: number;
  readonly faults: ReadonlyArray<{ readonly name: string; readonly fault: SignatureFault }>;
  /** See `publicKeyDigest`. Null: no key was given, or another one signed. */
  readonly key: string | null;
}

/**
 * Compare a checkpoint with the signature next to its weights (OpenSSF Model Signing, `model.sig`): every file in its
 * list must be there with its SHA-256, the weights must be in the list, and there must be no other files but ignored
 * ones and those with a dot first. If the checkpoint is a lone file, only that one is compared; if it is on a hub, the
 * downloaded files: weights by the hub's SHA-256, which each download is compared with. Null without a signature.
 * @param publicKey of the signer, in PEM; otherwise the signer is unknown
 */
export async function checkSignature(
  checkpoint: Checkpoint,
  publicKey?: string,
  onProgress?: OnProgress,
): Promise<ModelSignature | null> {
  const text = await checkpoint.files.text(SIGNATURE_FILE);
  if (text === null) return null;
  const signed = readSignedFiles(text);
  if (typeof signed === 'string') return { files: 0, faults: [{ name: SIGNATURE_FILE, fault: signed }], key: null };
  const isByKey =
    publicKey !== undefined && isSignedWith(publicKey, signedBytes(signed.envelope), signed.envelope.signature);
  const { path } = checkpoint.files;
  const isFolder = (await stat(checkpoint.path)).isDirectory();
  const weights = await weightNames(checkpoint, path);
  const listed = isFolder ? signed.files : ofLoneFile(signed.files, checkpoint, weights);
  const present = isFolder ? await namesIn(checkpoint, path) : weights;
  const names = [...new Set([...listed.keys(), ...present])].sort();
  const unsigned = names.filter(
    (name) => !listed.has(name) && (weights.includes(name) || !isLeftOut(name, signed.ignored)),
  );
  const faults = new Map<string, SignatureFault>(unsigned.map((name) => [name, 'unsigned']));
  const digestOf = await digestsOf(checkpoint, path, [...listed.keys()], onProgress);
  for (const [name, expected] of listed) {
    const digest = await digestOf(name);
    if (digest === null) faults.set(name, 'missing');
    else if (digest !== NOT_DOWNLOADED && digest !== expected) faults.set(name, 'changed');
  }
  return {
    files: signed.files.size,
    faults: [...faults].map(([name, fault]) => ({ name, fault })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    key: isByKey ? publicKeyDigest(publicKey) : null,
  };
}

async function weightNames({ tensors }: Checkpoint, folder: string): Promise<string[]> {
  const files = new Set([...tensors.values()].flatMap(storedEntries).map(({ file }) => file));
  const names: string[] = [];
  // Tensors name the real file, which can be behind a link.
  for (const name of await readdir(folder)) {
    const real = await resolveInside(folder, name).catch(() => null);
    if (real !== null && files.delete(real)) names.push(name);
  }
  return [...names, ...[...files].map((file) => posix(relative(folder, file)))];
}

/** The signature of a lone file has no name for it; that of its folder lists other files, too. */
function ofLoneFile(
  files: SignedFiles['files'],
  { path }: Checkpoint,
  weights: readonly string[],
): SignedFiles['files'] {
  const named = [...files].map(([name, digest]) => [name === '.' ? basename(path) : name, digest] as const);
  return new Map(named.filter(([name]) => weights.includes(name)));
}

async function namesIn({ remote }: Checkpoint, folder: string): Promise<readonly string[]> {
  if (remote) return remote.names;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => posix(relative(folder, join(entry.parentPath, entry.name))));
}

const posix = (path: string): string => path.split(sep).join('/');

/** `model_signing` leaves these out by itself. */
const OWN_FILES = [SIGNATURE_FILE, '.git', '.gitattributes', '.github', '.gitignore'];

function isLeftOut(name: string, ignored: readonly string[]): boolean {
  return (
    [...OWN_FILES, ...ignored].some((path) => name === path || name.startsWith(`${path}/`)) ||
    // Tools keep their own files with a download, such as .cache/huggingface. No program loads a model from there.
    name.split('/').some((part) => part.startsWith('.'))
  );
}

const NOT_DOWNLOADED = Symbol('not downloaded');

async function digestsOf(
  checkpoint: Checkpoint,
  path: string,
  names: readonly string[],
  onProgress: OnProgress | undefined,
): Promise<(name: string) => Promise<string | null | typeof NOT_DOWNLOADED>> {
  const { remote } = checkpoint;
  // A link out of the folder does not count as a file.
  const real = (name: string) => resolveInside(path, name).catch(() => null);
  if (remote) {
    await fetchTensors(checkpoint, checkpoint.tensors.values(), onProgress);
    const listed = new Map(remote.weights.map((file) => [file.name, file.sha256]));
    return async (name) => {
      if (!remote.names.includes(name)) return null;
      const file = await real(name);
      const known = listed.get(name) ?? null;
      if (known !== null) return known;
      return file === null || remote.others.includes(name) ? NOT_DOWNLOADED : digestFile(file);
    };
  }
  const sizes = await Promise.all(
    names.map(async (name) => {
      const file = await real(name);
      return file === null ? 0 : (await stat(file)).size;
    }),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  return async (name) => {
    const file = await real(name);
    if (file === null || !(await stat(file)).isFile()) return null;
    return digestFile(file, (bytes) => {
      done += bytes;
      onProgress?.({ phase: 'reading', done: done / MIB, total: total / MIB });
    });
  };
}

async function digestFile(real: string, onBytes?: (bytes: number) => void): Promise<string> {
  const handle = await openResolved(real);
  return sha256Stream(handle.createReadStream({ highWaterMark: MIB }), onBytes);
}
