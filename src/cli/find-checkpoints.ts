import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  ADAPTER,
  ADAPTER_CONFIG,
  INDEX,
  MLX_ADAPTER,
  PICKLED_INDEX,
  PICKLED_SINGLE,
  SINGLE,
} from '@shadow-gate/checkpoints/hub';
import { isObject } from '@shadow-gate/platform/json';

export interface FoundCheckpoint {
  /** Relative to the folder that was searched, with slashes; `.` is that folder. */
  readonly path: string;
  readonly kind: 'full' | 'adapter' | 'onnx';
  /** From the config: an adapter's base model, or the name of full weights (`_name_or_path`). */
  readonly name: string | null;
}

/** Levels below the folder, as `runs/lora/checkpoint-500/`. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 2000;

/** Folders of tools: their models are not the user's. */
const SKIPPED = /^(?:\..*|node_modules|venv|env|__pycache__|site-packages|dist|build|wandb|mlruns)$/;

/** Search a folder, and links to folders, for checkpoints by names; only configs are read. Sorted naturally by path. */
export async function findCheckpoints(root: string): Promise<FoundCheckpoint[]> {
  const found: FoundCheckpoint[] = [];
  const seen = new Set<string>();
  const waiting = [{ path: '.', depth: 0 }];
  // The loop also visits the folders that it adds.
  for (const { path, depth } of waiting) {
    const folder = await realpath(resolve(root, path)).catch(() => null);
    if (folder === null || seen.has(folder) || seen.size === MAX_FOLDERS) continue;
    seen.add(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const names = entries.map(({ name }) => name);
    found.push(...(await checkpointsIn(root, path, names)));
    if (depth === MAX_DEPTH) continue;
    for (const entry of entries) {
      if (entry.isFile() || SKIPPED.test(entry.name)) continue;
      waiting.push({ path: within(path, entry.name), depth: depth + 1 });
    }
  }
  return found.sort((a, b) => inOrder(a.path, b.path));
}

const { compare: inOrder } = new Intl.Collator('en', { numeric: true });

const within = (folder: string, name: string): string => (folder === '.' ? name : `${folder}/${name}`);

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The checkpoint at a path that somebody named; full weights, unless names show otherwise. */
export async function foundAt(root: string, path: string): Promise<FoundCheckpoint> {
  const [first] = await checkpointsIn(root, path, await namesIn(resolve(root, path)));
  return first ?? { path, kind: path.endsWith('.onnx') ? 'onnx' : 'full', name: null };
}

/** By the names in it. */
export async function looksLikeCheckpoint(folder: string): Promise<boolean> {
  return (await checkpointsIn(folder, '.', await namesIn(folder))).length > 0;
}

async function checkpointsIn(root: string, path: string, names: readonly string[]): Promise<FoundCheckpoint[]> {
  const has = (...wanted: readonly string[]) => wanted.some((name) => names.includes(name));
  const folder = async (kind: 'full' | 'adapter', config: string, keys: readonly string[]) => [
    { path, kind, name: await firstText(join(resolve(root, path), config), keys) },
  ];
  if (has(SINGLE, INDEX)) return folder('full', 'config.json', ['_name_or_path']);
  if (has(ADAPTER, MLX_ADAPTER, ADAPTER_CONFIG)) {
    // PEFT has the base model under one key, mlx-lm under another.
    return folder('adapter', ADAPTER_CONFIG, ['base_model_name_or_path', 'model']);
  }
  if (has(PICKLED_SINGLE, PICKLED_INDEX)) return folder('full', 'config.json', ['_name_or_path']);
  const onnx = names.filter((name) => name.endsWith('.onnx'));
  // llama.cpp opens a split model by its first part.
  const gguf = names.filter((name) => /(?<!-(?!00001)\d{5}-of-\d{5})\.gguf$/.test(name));
  const [kind, models] = onnx.length === 1 ? (['onnx', onnx] as const) : (['full', gguf] as const);
  return models.length === 1 ? models.map((name) => ({ path: within(path, name), kind, name: null })) : [];
}

/** The first text among these keys of a JSON file. */
async function firstText(file: string, keys: readonly string[]): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const config: unknown = JSON.parse(text);
    if (!isObject(config)) return null;
    for (const key of keys) if (typeof config[key] === 'string' && config[key] !== '') return config[key];
  } catch {}
  return null;
}

/** Names of models that others are trained from. */
export const BASE_NAME = /(?:^|[/_.-])(?:base|pretrained|foundation|reference|original)(?:$|[/_.-])/i;

/** `org/model`, as a hub names one. */
const HUB_NAME = /^[A-Za-z0-9_][\w.-]*\/[A-Za-z0-9_][\w.-]*$/;

/**
 * The path of an adapter's base model: the path in its config, if it exists; else full weights that were found and have
 * that name, or are the only ones called a base; else the model of that name on a hub.
 */
export function baseAsPath(
  { name }: FoundCheckpoint,
  { root, others }: { readonly root: string; readonly others: readonly FoundCheckpoint[] },
): string | null {
  if (name !== null && existsSync(resolve(root, name))) return name.replace(/^\.\//, '').replace(/(?<=.)\/+$/, '');
  const full = others.filter(({ kind }) => kind === 'full');
  const isNamed = (one: FoundCheckpoint) =>
    name !== null && [one.path, one.name ?? ''].some((text) => lastOf(text) === lastOf(name));
  const isBase = (one: FoundCheckpoint) =>
    BASE_NAME.test(one.path) && (name === null || !HUB_NAME.test(one.name ?? ''));
  for (const matches of [full.filter(isNamed), full.filter(isBase)]) {
    if (matches.length === 1 && matches[0]) return matches[0].path;
  }
  return name !== null && HUB_NAME.test(name) ? `hf://${name}` : null;
}

const lastOf = (path: string): string | undefined => path.replace(/\/+$/, '').split('/').at(-1);
