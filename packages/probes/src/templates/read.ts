import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { parseYaml } from '@shadow-gate/platform/yaml';
import { templatesSchema } from './schema.ts';
import type { Template } from './template.ts';

const HINT = 'see docs/reference/probes.md#templates';

/**
 * Read a file of templates.
 * @param known its text, if it has been read
 * @throws UserError with line, column and key of the first mistake
 */
export async function readTemplates(file: string, known?: string): Promise<readonly Template[]> {
  const text = known ?? (await readTextFile(file, 'templates'));
  if (text === null) throw new UserError(`${file} does not exist`, 'give an existing file');
  return parseTemplates(text, file);
}

/** @param file how errors name it */
export function parseTemplates(text: string, file: string): readonly Template[] {
  const { templates } = parseYaml(text, templatesSchema, {
    mistake: (at, what) => new UserError(`${file}${at ? `:${at.line}:${at.col}` : ''}: ${what}`, HINT),
  });
  return templates;
}
