import { dirname } from 'node:path';
import { isDatasetPath } from '@shadow-gate/checkpoints/hub';
import { UserError } from '@shadow-gate/platform';
import type { LocatedFile } from '@shadow-gate/probes/tasks';
import { isTask, possiblePaths, readTask } from '@shadow-gate/probes/tasks';
import { isDict, type PythonValue, pythonElements } from '@shadow-gate/python';
import type { SuiteChoice } from '../../policy/probe-policy.ts';

/** Takes the approved text of the file at one of some places; null if the change does not have it. */
export type Approve = (places: readonly string[], name: string) => Promise<LocatedFile | null>;

/**
 * Take the approved includes and documents of a task of lm-evaluation-harness. A task that cannot be read fails later.
 * @throws UserError of `approve`
 */
export async function takeTaskFiles(
  task: LocatedFile,
  { choice, folder }: { readonly choice: SuiteChoice; readonly folder: string },
  approve: Approve,
): Promise<void> {
  if (!(await isTask(task.path))) return;
  const refused: unknown[] = [];
  const taking: Approve = (places, name) =>
    approve(places, name).catch((error: unknown) => {
      refused.push(error);
      throw error;
    });
  try {
    const files = {
      locate: async (places: readonly string[]) =>
        places.includes(task.place) ? task : taking(places, places[0] ?? ''),
    };
    const read = await readTask(task.place, { files });
    for (const path of namedPaths(choice)) await taking(possiblePaths(folder, path), path);
    for (const path of pathsIn(read.dataFiles)) await taking(possiblePaths(dirname(task.place), path), path);
  } catch (error) {
    if (refused.length > 0 || !(error instanceof UserError)) throw error;
  }
}

function namedPaths(choice: SuiteChoice): string[] {
  const documents = typeof choice === 'string' ? undefined : choice.documents;
  const given = typeof documents === 'string' ? [documents] : Object.values(documents ?? {});
  return given.filter((path) => !isDatasetPath(path));
}

function pathsIn(dataFiles: PythonValue): string[] {
  const values = isDict(dataFiles) ? [...dataFiles.values()] : [dataFiles];
  const listed = values.flatMap((value) => (typeof value === 'string' ? [value] : (pythonElements(value) ?? [])));
  return listed.filter((path) => typeof path === 'string');
}
