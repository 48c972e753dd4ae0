import { basename } from 'node:path';
import { datasetName, isDatasetPath, parseDatasetPath } from '@shadow-gate/checkpoints/hub';
import type { Suite } from '../suite.ts';

/**
 * The name of a suite: that of its file or, of a data set on a hub, `org/name/config/split`, since another revision
 * with the same items is the same suite.
 * @throws UserError for an invalid address of a data set
 */
export function suiteNameFromFile(file: string): string {
  return isDatasetPath(file) ? datasetName(parseDatasetPath(file)) : basename(file);
}

/** What a suite is called as a file, without an extension: a data set has no folders there, and its dots begin none. */
export function suiteExportName({ name, source }: Pick<Suite, 'name' | 'source'>): string {
  return source === undefined ? name.replace(/\.[^.]*$/, '') : name.replaceAll('/', '--');
}
