import { UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import { type ListedFile, listedFileSchema } from './checkpoint-files.ts';
import type { DatasetPath } from './dataset-path.ts';
import { type HubFolder, HubRepository } from './hub-repository.ts';
import type { HubSettings } from './hub-settings.ts';

export const splitSchema = z.strictObject({
  /** Empty for the root. */
  folder: z.string(),
  /** In the order of their rows. */
  files: z.array(listedFileSchema).min(1).readonly(),
});
export type SplitFiles = Readonly<z.infer<typeof splitSchema>>;

export interface SplitChoices {
  /** Its configs; null if the wanted one is there. */
  readonly configs: readonly string[] | null;
  readonly splits: readonly string[];
  /** Has the hub converted the first rows only? */
  readonly isPartial: boolean;
}

/** `test-00000-of-00003.parquet`, as `datasets` names parts; older versions add a hash. */
const PART = /^(.+)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?\.parquet$/;
/** The hub's names for the parts of its conversions. */
const CONVERTED_PART = /^(\d{4})\.parquet$/;
/** Accepted names: they become names of files in the cache. */
const PARQUET = /^\w[\w.-]{0,200}\.parquet$/;
/** The hub converts only the first rows of a data set that is too large. */
const PARTIAL = 'partial-';
/** The only config of many data sets. Its files can be anywhere. */
const DEFAULT = 'default';

/**
 * The parquet files of a split at a commit: `config/split-00000-of-00001.parquet`, `config/split.parquet` or
 * `config/split/*.parquet`, and for the config `default` also in `data` or in the root.
 * @throws UserError for files that are not all there
 */
export async function findSplit(
  path: string,
  commit: string,
  { repository, config, split }: DatasetPath,
  settings: HubSettings,
): Promise<SplitFiles | SplitChoices> {
  const open = (folder: string) => {
    const target = { type: 'dataset', repository, revision: commit, folder } as const;
    return new HubRepository(path, target, settings).open(commit);
  };
  const root = await open('');
  const bases = config === DEFAULT ? [config, 'data', ''] : [config];
  const splits = new Set<string>();
  for (const base of bases) {
    if (base !== '' && !root.folders.includes(base)) continue;
    const listed = base === '' ? root : await open(base);
    const parts = listed.files.filter(({ name }) => PART.exec(name)?.[1] === split);
    const single = listed.files.filter(({ name }) => name === `${split}.parquet`);
    const files = wholeSet(parts.length > 0 ? parts : single, path);
    if (files.length > 0) return { folder: base, files };
    if (listed.folders.includes(split)) {
      const folder = base === '' ? split : `${base}/${split}`;
      const inside = (await open(folder)).files.filter(({ name }) => PARQUET.test(name));
      if (inside.length > 0) return { folder, files: wholeSet(inside, path) };
    }
    for (const name of splitsOf(listed, base)) splits.add(name);
  }
  const isThere = root.folders.includes(config) || splits.size > 0;
  return {
    configs: isThere ? null : configsOf(root),
    splits: [...splits].filter((name) => !name.startsWith(PARTIAL)).sort(),
    isPartial: splits.has(PARTIAL + split),
  };
}

/** @throws UserError if names show that one is missing, or that there are two sets */
function wholeSet(files: readonly ListedFile[], path: string): ListedFile[] {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const numbers = sorted.map(({ name }) => {
    const [, , index, count] = PART.exec(name) ?? [];
    if (index !== undefined) return { index: Number(index), count: Number(count) };
    const [, converted] = CONVERTED_PART.exec(name) ?? [];
    return converted === undefined ? null : { index: Number(converted), count: files.length };
  });
  if (numbers.every((number, i) => number === null || (number.index === i && number.count === files.length))) {
    return sorted;
  }
  const names = sorted.map(({ name }) => name).join(', ');
  throw new UserError(
    `${path}: its files are not one whole set: ${names.slice(0, 200)}`,
    'name a revision at which they are',
  );
}

function splitsOf({ files, folders }: HubFolder, base: string): string[] {
  const names = files
    .filter(({ name }) => PARQUET.test(name))
    .map(({ name }) => PART.exec(name)?.[1] ?? name.replace(/\.parquet$/, ''));
  return [...new Set([...names, ...(base === '' ? [] : folders)])];
}

function configsOf({ files, folders }: HubFolder): string[] {
  const named = folders.filter((name) => !name.startsWith('.'));
  const hasDefault =
    !named.includes(DEFAULT) && (named.includes('data') || files.some(({ name }) => PARQUET.test(name)));
  return [...named.filter((name) => name !== 'data'), ...(hasDefault ? [DEFAULT] : [])].sort();
}
