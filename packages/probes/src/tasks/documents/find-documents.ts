import { dirname, relative, resolve } from 'node:path';
import { isDatasetPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import { isDict, isList, type PythonValue } from '@shadow-gate/python';
import type { Task } from '../task.ts';
import type { TaskFiles } from '../task-files.ts';
import { type Documents, type IsNeeded, readDocumentFile, readHubDocuments } from './read-documents.ts';

export interface GivenDocuments {
  /** The file of the split that is asked, or files by split. */
  readonly files: string | Readonly<Record<string, string>>;
  /** The folder of the policy, from which paths lead. */
  readonly folder: string;
}

/** Loaders of `datasets` for local files. */
const FILE_LOADERS = ['json', 'csv', 'parquet', 'pandas'];

/** From the policy, else the local files of `dataset_kwargs`, else the hub. @throws UserError if none can be read */
function documentsOfSplit(task: Task, split: string, given: GivenDocuments | undefined) {
  const files = given?.files;
  const named = typeof files === 'object' ? files[split] : split === task.split ? files : undefined;
  if (given !== undefined && named !== undefined) return { addresses: [named], folder: given.folder };
  return { addresses: ownDocuments(task, split), folder: dirname(task.file) };
}

function ownDocuments(task: Task, split: string): readonly string[] {
  const { file, datasetPath, datasetName, dataFiles } = task;
  const hint = `name its documents in the policy: documents: {${split}: FILE}`;
  if (dataFiles !== null) {
    const files = isDict(dataFiles) ? (dataFiles.get(split) ?? null) : split === 'train' ? dataFiles : null;
    if (files === null) throw new UserError(`${file}: data_files has no split ${split}`, hint);
    return textsOf(files, file);
  }
  if (datasetPath === null) throw new UserError(`${file}: dataset_path is missing`, hint);
  if (FILE_LOADERS.includes(datasetPath))
    throw new UserError(`${file}: dataset_path is ${datasetPath}, without data_files`, hint);
  if (!/^[\w.-]+$/.test(split))
    throw new UserError(`${file}: the split ${split} is a part of one, which is not read`, hint);
  if (!/^[\w.-]+\/[\w.-]+$/.test(datasetPath)) {
    throw new UserError(
      `${file}: dataset_path is ${datasetPath}, which is no data set of an organization on a hub`,
      hint,
    );
  }
  const revision = task.revision === null ? '' : `@${task.revision}`;
  return [`hf://datasets/${datasetPath}${revision}/${datasetName ?? 'default'}/${split}`];
}

function textsOf(value: PythonValue, file: string): readonly string[] {
  return (isList(value) ? value : [value]).map((path) => {
    if (typeof path !== 'string' || /[*?[]|^\w+:\/\//.test(path)) {
      throw new UserError(`${file}: data_files: ${JSON.stringify(path)} is not the path of a file`, 'name each file');
    }
    return path;
  });
}

/** Possible places of a local file: in the folder, then in the working directory. */
export function possiblePaths(folder: string, path: string): readonly string[] {
  return [...new Set([resolve(folder, path), resolve(path)])];
}

export async function loadDocuments(
  task: Task,
  split: string,
  {
    given,
    files,
    isNeeded,
  }: { readonly given: GivenDocuments | undefined; readonly files: TaskFiles; readonly isNeeded: IsNeeded },
): Promise<Documents> {
  const all: Documents[] = [];
  const { addresses, folder } = documentsOfSplit(task, split, given);
  for (const address of addresses) {
    if (isDatasetPath(address)) {
      all.push(await readHubDocuments(address, isNeeded));
      continue;
    }
    const located = await files.locate(possiblePaths(folder, address));
    if (located === null)
      throw new UserError(
        `${task.file}: ${address} not found`,
        `give its path relative to ${relative(process.cwd(), folder) || 'the working directory'}`,
      );
    all.push(await readDocumentFile(located.path, relative(process.cwd(), located.place) || address, isNeeded));
  }
  const [first] = all;
  if (first === undefined) throw new UserError(`${task.file}: the split ${split} has no files`, 'name some');
  return { ...first, documents: all.flatMap(({ documents }) => documents) };
}
