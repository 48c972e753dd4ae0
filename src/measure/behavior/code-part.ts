import type { BehaviorValues } from '../schema/behavior.ts';
import { digestFile, type Folder, isUnreadable, type Json, namesIn, readJson } from './files.ts';
import { partOf } from './part.ts';

/**
 * The Python code that a program executes when it loads the model with `trust_remote_code`: `auto_map` of the configs,
 * and all Python files beside them, since the named ones import others. Nothing is executed here. Null without an
 * `auto_map`: then the files are not loaded.
 */
export async function codePart(directory: Folder, config: Json): Promise<BehaviorValues | null> {
  const tokenizer = await readJson(directory, 'tokenizer_config.json');
  const maps = [config.auto_map, tokenizer === null || isUnreadable(tokenizer) ? null : tokenizer.auto_map];
  const named = maps.filter((map) => typeof map === 'object' && map !== null);
  if (named.length === 0) return null;
  const files: Record<string, unknown> = {};
  const names = await namesIn(directory);
  for (const name of names.filter((file) => file.endsWith('.py'))) files[name] = await digestFile(directory, name);
  return partOf({ ...files, auto_map: named });
}
