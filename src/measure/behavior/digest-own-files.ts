import { digestKeys } from '@shadow-gate/checkpoints/formats';
import { READ_FOLDERS } from '@shadow-gate/checkpoints/hub';
import { FolderFiles, sha256 } from '@shadow-gate/platform/files';
import { canonicalJson } from '@shadow-gate/platform/json';
import { type DescribedFolder, folderOf } from './behavior-files.ts';
import { digestFile, namesIn } from './files.ts';

/**
 * All that a loader may read of a folder, apart from weights and config.json: tokenizers of every kind, templates,
 * sampling defaults, processors, and code, whether a config names it or not.
 */
const READ = [
  /\.(py|jinja|model|tiktoken)$/,
  /^tokenizer\.model\.v\d/,
  /^(vocab|merges)\.txt$/,
  /(token|vocab|tekken|chat_template|generation_config|processor).*\.json$/,
];

/** A GGUF file has these keys in place of them. */
const IN_GGUF = /^(tokenizer|general\.sampling)\./;

/**
 * A digest of the files of a checkpoint that decide how it is used, without those that an adapter takes from its base
 * model. It is of their bytes: it depends on no version of this program, and on nothing that a file is taken to mean.
 * @returns `sha256:` and 64 hexadecimal digits
 */
export async function digestOwnFiles(checkpoint: DescribedFolder): Promise<string> {
  const folder = await folderOf(checkpoint);
  const digests: Record<string, unknown> = {};
  if (folder instanceof FolderFiles) {
    await add(folder, READ, '');
    for (const [inner, read] of Object.entries(READ_FOLDERS)) await add(folder.inside(inner), [read], `${inner}/`);
  }
  const metadata = checkpoint.gguf?.metadata;
  const gguf = metadata
    ? digestKeys(
        metadata,
        metadata.keys().filter((key) => IN_GGUF.test(key)),
      )
    : null;
  return `sha256:${sha256(canonicalJson([digests, gguf]))}`;

  async function add(files: FolderFiles, read: readonly RegExp[], prefix: string): Promise<void> {
    const names = (await namesIn(files)).filter(
      (name) => !name.startsWith('.') && read.some((item) => item.test(name)),
    );
    for (const name of names) digests[`${prefix}${name}`] = await digestFile(files, name);
  }
}
