import { namedTemplates } from '@shadow-gate/language-model/tokens';
import { FolderFiles } from '@shadow-gate/platform/files';
import type { BehaviorValues } from '../schema/behavior.ts';
import { type Folder, isUnreadable, namesIn, readFolderJson, readFolderText } from './files.ts';
import { readBehaviorValues } from './part.ts';

/** transformers' folder of templates other than the default one. */
const ADDITIONAL = 'additional_chat_templates';
const EXTENSION = '.jinja';

/** All chat templates of a folder by name, wherever they are: in a file of their own, or in tokenizer_config.json. */
export async function chatTemplatePart(directory: Folder): Promise<BehaviorValues | null> {
  const config = await readFolderJson(directory, 'tokenizer_config.json');
  const stated = config === null || isUnreadable(config) ? null : (config.chat_template ?? null);
  const templates: Record<string, unknown> =
    typeof stated === 'string'
      ? { default: stated }
      : Object.fromEntries(namedTemplates(stated).map(({ name, template }) => [name, template]));
  // A file has priority over tokenizer_config.json.
  const additional = directory instanceof FolderFiles ? directory.inside(ADDITIONAL) : directory;
  for (const name of (await namesIn(additional)).filter((file) => file.endsWith(EXTENSION))) {
    templates[name.slice(0, -EXTENSION.length)] = await readFolderText(additional, name);
  }
  const file = await readFolderText(directory, 'chat_template.jinja');
  if (file !== null) templates.default = file;
  return readBehaviorValues(
    Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, normalized(text)])),
  );
}

/** Jinja reads all line ends as \n; a template file can have others after a git checkout. */
function normalized(text: unknown): unknown {
  return typeof text === 'string' ? text.replace(/\r\n?/g, '\n') : text;
}
