import { given } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import type { PythonDict } from '@shadow-gate/python';
import { isKnownField } from '../files/fields/known-fields.ts';
import { hasTemplates } from '../files/formats/file-records.ts';
import { quotingUnlessLinked } from '../files/leading-outside.ts';
import { askedSuite, type FileSuite, type ProbeFileOptions } from '../files/read.ts';
import { askedTask } from './asked-task.ts';
import { type GivenDocuments, loadDocuments } from './documents/find-documents.ts';
import type { IsNeeded } from './documents/read-documents.ts';
import { isTaskText, readTask } from './read-task.ts';
import { taskRequests } from './requests.ts';
import type { Task } from './task.ts';
import { LOCAL_FILES, type TaskFiles } from './task-files.ts';

interface TaskSuiteOptions extends ProbeFileOptions {
  readonly documents?: GivenDocuments;
  readonly numFewshot?: number;
  readonly files?: TaskFiles;
  /** Text of the task itself, if it has been read. */
  readonly text?: string;
}

/** The text of a YAML file, which has templates or a task; null for other files and missing ones. */
export async function textWithTemplates(path: string): Promise<string | null> {
  return hasTemplates(path) ? readTextFile(path, 'templates') : null;
}

export async function isTask(path: string): Promise<boolean> {
  const text = await textWithTemplates(path);
  return text !== null && isTaskText(text);
}

/**
 * Documents as lm-evaluation-harness asks them, and twins made of their fields.
 * @param path of the task, or of its approved text
 * @param place of the task: its other files are found from here
 */
export function readTaskSuite(path: string, place: string, options: TaskSuiteOptions): Promise<FileSuite> {
  return quotingUnlessLinked(place, async () => {
    const { documents: own, numFewshot: wanted, files: other = LOCAL_FILES, text, ...asking } = options;
    const files: TaskFiles = {
      locate: (places) => (places.includes(place) ? Promise.resolve({ place, path, text }) : other.locate(places)),
    };
    const task = await readTask(place, { files });
    const numFewshot = wanted ?? task.numFewshot;
    const isNeeded = needs(task, asking.slices);
    const load = (split: string) => loadDocuments(task, split, { given: own, files, isNeeded });
    const asked = await load(task.split);
    const examples = numFewshot === 0 ? [] : await examplesOf(task, asked.documents, load);
    const requests = taskRequests(task, { asked: asked.documents, fewshot: examples }, { numFewshot });
    const suite = askedSuite(askedTask(task, asked.documents, requests, asking), task.file, asking);
    const { source, pinned } = asked;
    const moving = pinned === null ? [] : [`${task.file}: its data set can change: this run has read ${pinned}`];
    return { ...suite, ...given({ source: source ?? undefined }), warnings: [...moving, ...suite.warnings] };
  });
}

async function examplesOf(
  task: Task,
  asked: readonly PythonDict[],
  load: (split: string) => Promise<{ readonly documents: readonly PythonDict[] }>,
): Promise<readonly PythonDict[]> {
  if (task.fewshot.split === null) return task.fewshot.samples;
  return task.fewshot.split === task.split ? asked : (await load(task.fewshot.split)).documents;
}

/** Columns that the templates mention, those that twins are made of, and the choices of `multi_choice_regex`. */
function needs(task: Task, slices: readonly string[] = []): IsNeeded {
  const templates = [task, task.fewshotFormat].flatMap(({ docToText, docToTarget, docToChoice, genPrefix }) => [
    docToText,
    docToTarget,
    docToChoice,
    genPrefix,
  ]);
  const texts = [task.description, ...templates].filter((text) => typeof text === 'string');
  return (column) =>
    column === 'choices' ||
    isKnownField(column) ||
    slices.some((path) => path === column || path.startsWith(`${column}.`)) ||
    texts.some((text) => text.includes(column));
}
