import { FolderFiles } from '@shadow-gate/platform/files';
import type { BehaviorValues } from '../schema/behavior.ts';
import { digestFile, type Folder, isUnreadable, type Json, namesIn, readFolderJson } from './files.ts';
import { readBehaviorValues } from './part.ts';

/** A folder whose generate.py takes the place of `generate` where code of the checkpoint is trusted. */
const CUSTOM_GENERATE = 'custom_generate';

/**
 * The code that a program runs when it loads the model: Python files that `auto_map` of the configs names, with the
 * others of the folder, which they may import; `custom_generate`; attention kernels on a hub, by name. Nothing is
 * executed here. Null without any of these: then Python files are not loaded.
 */
export async function codePart(directory: Folder, config: Json): Promise<BehaviorValues | null> {
  const tokenizer = await readFolderJson(directory, 'tokenizer_config.json');
  const maps = [config.auto_map, tokenizer === null || isUnreadable(tokenizer) ? null : tokenizer.auto_map];
  const named = maps.filter((map) => typeof map === 'object' && map !== null);
  const kernels = [...new Set(kernelsIn(config))].sort();
  const generating = directory instanceof FolderFiles ? await namesIn(directory.inside(CUSTOM_GENERATE)) : [];
  const custom = generating.filter(isPython).map((name) => `${CUSTOM_GENERATE}/${name}`);
  const beside = named.length > 0 ? (await namesIn(directory)).filter(isPython) : [];
  const files: Record<string, unknown> = {};
  for (const name of [...beside, ...custom]) files[name] = await digestFile(directory, name);
  return readBehaviorValues({
    ...files,
    ...(named.length > 0 ? { auto_map: named } : {}),
    ...(kernels.length > 0 ? { attn_implementation: kernels } : {}),
  });
}

const isPython = (name: string) => name.endsWith('.py');

const ATTENTION = /^_?attn_implementation(_internal)?$/;

/** `org/kernel@revision:function`, which transformers fetches and runs; its own implementations have no slash. */
function kernelsIn(config: unknown, isNamed = false): string[] {
  if (typeof config === 'string') return isNamed && config.includes('/') ? [config] : [];
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => kernelsIn(value, isNamed || ATTENTION.test(key)));
}
