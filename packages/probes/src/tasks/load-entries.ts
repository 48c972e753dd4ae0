import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { isInside } from '@shadow-gate/platform/files';
import { readYamlEntries, type YamlEntry } from './python/yaml.ts';
import { LOCAL_FILES, readTaskText, type TaskFiles } from './task-files.ts';

/** The longest chain among the tasks of lm-evaluation-harness has four files. */
const MOST_FILES = 20;

export interface TaskLoadOptions {
  /** Folder of included files: by default the working directory, or the folder above that of a file outside it. */
  readonly tree?: string | undefined;
  readonly files?: TaskFiles | undefined;
}

/** Own keys win over included ones, and later includes over earlier ones. @throws UserError with an unsuitable file */
export async function loadEntries(
  file: string,
  { tree, files = LOCAL_FILES }: TaskLoadOptions = {},
): Promise<Map<string, YamlEntry>> {
  const first = resolve(file);
  const work = process.cwd();
  const root = await realpath(tree ?? (isInside(first, work) ? work : dirname(dirname(first))));
  const seen = new Set<string>();
  const load = async (path: string, name: string): Promise<Map<string, YamlEntry>> => {
    const read = await readTaskText(files, path, name);
    if (read === null) throw new UserError(`${name} not found`, 'correct the path in include');
    const { text, place: real } = read;
    if (!isInside(real, root)) {
      throw new UserError(
        `${name}, which ${file} includes, is outside of ${relative(work, root) || 'the working directory'}`,
        'put it next to the task',
      );
    }
    if (seen.has(real)) throw new UserError(`${name} is included twice`, 'remove one of its includes');
    if (seen.size >= MOST_FILES) throw new UserError(`${file} includes more than ${MOST_FILES} files`, 'join them');
    seen.add(real);
    const own = readYamlEntries(text, name);
    const merged = new Map<string, YamlEntry>();
    for (const included of includedFiles(own.get('include'), name)) {
      const full = resolve(dirname(path), included);
      for (const [key, entry] of await load(full, relative(work, full))) {
        if (key !== 'task_list') merged.set(key, entry);
      }
    }
    own.delete('include');
    return new Map([...merged, ...own]);
  };
  return load(first, file);
}

function includedFiles(include: YamlEntry | undefined, name: string): string[] {
  if (include === undefined) return [];
  return [include.value].flat().map((file) => {
    if (typeof file !== 'string') throw new UserError(`${name}: include is not a path`, 'give the path of a file');
    return file;
  });
}
