import { type FileHandle, open, stat } from 'node:fs/promises';
import { UserError } from '../user-error.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest file of each kind, in bytes: many times the largest known. A link in a repository can lead to anything. */
export const MAX_FILE_BYTES = {
  /** config.json, generation_config.json, tokenizer_config.json and the like; some list every matrix of a model. */
  config: 16 * MIB,
  /** tokenizer.json: 33 MB for the 262,144 tokens of Gemma 3. */
  tokenizer: 128 * MIB,
  template: MIB,
  /** model.safetensors.index.json: 9 MB for the 91,991 tensors of DeepSeek V3. */
  index: 64 * MIB,
  /** YAML parsers compare each key and anchor with all before it: a minute for half a MiB. */
  policy: 64 * KIB,
  /** YAML, too: some 300 templates of questions. */
  templates: 128 * KIB,
  /** Questions of a team, and requests to score or to continue. */
  requests: 256 * MIB,
  /** Measurements, reports and histories: some kilobytes for each matrix. */
  measurement: 256 * MIB,
} as const;

export type TextFileKind = keyof typeof MAX_FILE_BYTES;

/**
 * Read a whole text file, under a name for errors. @returns null if it does not exist
 * @throws UserError for a directory, a pipe or a device, and for a file that is too large for its kind or grows
 */
export async function readTextFile(file: string, kind: TextFileKind = 'config', name = file): Promise<string | null> {
  return (await readFileBytes(file, kind, name))?.toString('utf8') ?? null;
}

/** `readTextFile` as bytes. @param openFile opens the file for reading */
export async function readFileBytes(
  file: string,
  kind: TextFileKind,
  name: string,
  openFile: (file: string) => Promise<FileHandle> = (path) => open(path, 'r'),
): Promise<Buffer | null> {
  const limit = MAX_FILE_BYTES[kind];
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!info) return null;
  // Opening a pipe would wait for a writer.
  const notRegular = () => new UserError(`${name} is not a regular file`, 'replace it with the file itself');
  if (!info.isFile()) throw notRegular();
  const handle = await openFile(file).catch((error: NodeJS.ErrnoException) => {
    // A link has taken its place, and is not followed.
    throw error.code === 'ELOOP' ? notRegular() : error;
  });
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) throw notRegular();
    const { size } = opened;
    if (size > limit) {
      const most = limit < MIB ? `${limit / KIB} KiB` : `${limit / MIB} MiB`;
      const own = limit < MIB ? `${Math.ceil(size / KIB)} KiB` : `${(size / MIB).toFixed(1)} MiB`;
      const sizes = `${own}, and at most ${most} of it are read`;
      throw new UserError(`${name} is too large: ${sizes}`, 'check the path');
    }
    // One byte more, to notice files that are longer than they say, such as those of /proc.
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length !== size)
      throw new UserError(`${name} changed while it was read`, 'run again when the file is complete');
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}
