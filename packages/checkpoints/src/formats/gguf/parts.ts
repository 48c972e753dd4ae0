import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';

/** Names by llama.cpp's gguf-split. */
const PART = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/;

/** The names of all parts of a model. @param path the first part @throws UserError for another part */
export function partNames(path: string): string[] {
  const name = basename(path);
  const [, stem = '', index = '', count = ''] = PART.exec(name) ?? [];
  if (stem === '') return [name];
  const all = Array.from(
    { length: Number(count) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}.gguf`,
  );
  const [first = name] = all;
  if (Number(index) !== 1) {
    throw new UserError(
      `${path} is part ${Number(index)} of ${Number(count)}`,
      `give the first one, ${join(dirname(path), first)}`,
    );
  }
  return all;
}

/** The first file of a directory's only GGUF model; null without one. @throws UserError for several models */
export function ggufIn(directory: string, files: Iterable<string>): string | null {
  const names = [...files].filter((name) => name.endsWith('.gguf')).sort();
  const models = names.filter((name) => Number(PART.exec(name)?.[2] ?? 1) === 1);
  const [only, ...others] = models.length > 0 ? models : names;
  if (only === undefined) return null;
  if (others.length === 0) return only;
  const shown = [only, ...others].slice(0, 4).join(', ');
  throw new UserError(
    `${directory} has ${others.length + 1} GGUF models: ${shown}${others.length > 3 ? ', …' : ''}`,
    'give the path of one of them',
  );
}
