import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { namedTemplates } from '../../language-model/tokens/chat-template.ts';
import type { BehaviorValues } from '../schema/behavior.ts';
import { isUnreadable, readJson, readText } from './files.ts';
import { partOf } from './part.ts';

/** transformers' folder of templates other than the default one. */
const ADDITIONAL = 'additional_chat_templates';

/** All chat templates of a folder by name, wherever they are: in a file of their own, or in tokenizer_config.json. */
export async function chatTemplatePart(directory: string): Promise<BehaviorValues | null> {
  const config = await readJson(directory, 'tokenizer_config.json');
  const stated = config === null || isUnreadable(config) ? null : (config.chat_template ?? null);
  const templates: Record<string, unknown> =
    typeof stated === 'string'
      ? { default: stated }
      : Object.fromEntries(namedTemplates(stated).map(({ name, template }) => [name, template]));
  // A file has priority over tokenizer_config.json.
  for (const name of await templateFiles(directory)) {
    templates[name] = await readText(join(directory, ADDITIONAL), `${name}.jinja`);
  }
  const file = await readText(directory, 'chat_template.jinja');
  if (file !== null) templates.default = file;
  return partOf(Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, normalized(text)])));
}

async function templateFiles(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, ADDITIONAL)).catch(() => []);
  return names.filter((name) => name.endsWith('.jinja')).map((name) => name.slice(0, -'.jinja'.length));
}

/** Jinja reads all line ends as \n; a template file can have others after a git checkout. */
function normalized(text: unknown): unknown {
  return typeof text === 'string' ? text.replace(/\r\n?/g, '\n') : text;
}
