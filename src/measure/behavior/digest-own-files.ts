import { digestKeys } from '@shadow-gate/checkpoints/formats';
import { READ_FOLDERS } from '@shadow-gate/checkpoints/hub';
import { FolderFiles, sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type DescribedFolder, folderOf } from './behavior-files.ts';
import { digestFile, namesIn } from './files.ts';

/** All files that a loader may read next to weights and config.json, whether a config names them or not. */
const READ = [
  /\.(py|jinja|model|tiktoken)$/,
  /^tokenizer\.model\.v\d/,
  /^(vocab|merges)\.txt$/,
  /(token|vocab|tekken|chat_template|generation_config|processor).*\.json$/,
];

/** The keys that a GGUF file has in place of these files. */
const IN_GGUF = /^(tokenizer|general\.sampling)\./;

/**
 * `sha256:…` of the bytes of the files that decide how a checkpoint is used, without those of an adapter's base model.
 * It does not depend on the version of this program, or on what a file is taken to mean.
 */
export async function digestOwnFiles(checkpoint: DescribedFolder): Promise<string> {
  const folder = await folderOf(checkpoint);
  const digests: Record<string, unknown> = {};
  if (folder instanceof FolderFiles) {
    await add(folder, READ, '');
    for (const [inner, read] of Object.entries(READ_FOLDERS)) await add(folder.inside(inner), [read], `${inner}/`);
  }
  const metadata = checkpoint.gguf?.metadata;
  const isRelevant = (key: string) => IN_GGUF.test(key);
  const gguf = metadata ? digestKeys(metadata, metadata.keys().filter(isRelevant)) : null;
  return `sha256:${sha256(canonicalJson([digests, gguf]))}`;

  async function add(files: FolderFiles, read: readonly RegExp[], prefix: string): Promise<void> {
    const isRead = (name: string) => !name.startsWith('.') && read.some((pattern) => pattern.test(name));
    for (const name of (await namesIn(files)).filter(isRead))
      digests[`${prefix}${name}`] = await digestFile(files, name);
  }
}
