import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
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

/** A folder, or a file, that looks like a checkpoint by the names in it. */
export interface FoundCheckpoint {
  /** Relative to the folder that was searched, with slashes; `.` is that folder. */
  readonly path: string;
  readonly kind: 'full' | 'adapter' | 'onnx';
  /** What an adapter's config names as its base model; null for other checkpoints, and where it names none. */
  readonly base: string | null;
  /** What the config of full weights calls them (`_name_or_path`); absent where it does not. */
  readonly name?: string;
}

export interface Search {
  /** In the order of their names, numbers by their value. */
  readonly checkpoints: readonly FoundCheckpoint[];
  /** Files that may be benchmarks, by their names. */
  readonly tables: readonly string[];
  readonly folders: number;
  /** False: there are more folders than are searched. */
  readonly isComplete: boolean;
}

/** Levels below the folder, as `runs/lora/checkpoint-500/`. */
const MAX_DEPTH = 4;
const MAX_FOLDERS = 2000;

/** Folders of tools, whose models are not the user's. */
const SKIPPED = /^(?:\..*|node_modules|venv|env|__pycache__|site-packages|dist|build|wandb|mlruns)$/;

const TABLE = /\.(?:csv|tsv|jsonl|parquet)$/i;

/** What people call models that others are trained from, and approved ones. */
export const BASE_NAME = /(?:^|[/_.-])(?:base|pretrained|foundation|reference|original)(?:$|[/_.-])/i;
export const APPROVED_NAME = /(?:^|[/_.-])(?:approved|baseline|production|prod|released?)(?:$|[/_.-])/i;

/**
 * Search a folder for checkpoints and tables, by names: no files but configs are read. Links to folders are followed.
 */
export async function findCheckpoints(root: string): Promise<Search> {
  const checkpoints: FoundCheckpoint[] = [];
  const tables: string[] = [];
  const seen = new Set<string>();
  let waiting = [{ path: '.', depth: 0 }];
  while (waiting.length > 0 && seen.size < MAX_FOLDERS) {
    const [{ path, depth }, ...rest] = waiting as [{ path: string; depth: number }];
    waiting = rest;
    const folder = resolve(root, path);
    const real = await realpath(folder).catch(() => null);
    if (real === null || seen.has(real)) continue;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    checkpoints.push(...(await checkpointsIn(root, path, entries)));
    tables.push(...entries.filter(({ name }) => TABLE.test(name)).map(({ name }) => within(path, name)));
    if (depth === MAX_DEPTH) continue;
    for (const entry of entries) {
      if (SKIPPED.test(entry.name) || !(await isFolder(join(folder, entry.name), entry))) continue;
      waiting.push({ path: within(path, entry.name), depth: depth + 1 });
    }
  }
  const isComplete = waiting.length === 0;
  return {
    checkpoints: checkpoints.sort((a, b) => inOrder(a.path, b.path)),
    tables: tables.sort(inOrder),
    folders: seen.size,
    isComplete,
  };
}

const { compare: inOrder } = new Intl.Collator('en', { numeric: true });

const within = (folder: string, name: string): string => (folder === '.' ? name : `${folder}/${name}`);

async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** What is at a path that somebody named; full weights, if its names do not show it. */
export async function foundAt(root: string, path: string): Promise<FoundCheckpoint> {
  const entries = await readdir(resolve(root, path), { withFileTypes: true }).catch(() => []);
  const [first] = await checkpointsIn(root, path, entries);
  return first ?? { path, kind: path.endsWith('.onnx') ? 'onnx' : 'full', base: null };
}

/** Whether a folder is a checkpoint, by the names in it. */
export async function looksLikeCheckpoint(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return (await checkpointsIn(folder, '.', entries)).length > 0;
}

async function checkpointsIn(root: string, path: string, entries: readonly Dirent[]): Promise<FoundCheckpoint[]> {
  const names = new Set(entries.map(({ name }) => name));
  const has = (...wanted: readonly string[]) => wanted.some((name) => names.has(name));
  const full = async (): Promise<FoundCheckpoint[]> => {
    const name = await firstText(resolve(root, path, 'config.json'), ['_name_or_path']);
    return [{ path, kind: 'full', base: null, ...(name === null ? {} : { name }) }];
  };
  if (has(SINGLE, INDEX)) return full();
  if (has(ADAPTER, MLX_ADAPTER, ADAPTER_CONFIG)) {
    // PEFT has the base model under one key, mlx-lm under another.
    const base = await firstText(resolve(root, path, ADAPTER_CONFIG), ['base_model_name_or_path', 'model']);
    return [{ path, kind: 'adapter', base }];
  }
  if (has(PICKLED_SINGLE, PICKLED_INDEX)) return full();
  const alone = (models: readonly string[], kind: 'onnx' | 'full'): FoundCheckpoint[] =>
    models.length === 1 ? models.map((name) => ({ path: within(path, name), kind, base: null })) : [];
  const onnx = alone(
    [...names].filter((name) => name.endsWith('.onnx')),
    'onnx',
  );
  return onnx.length > 0 ? onnx : alone(firstParts([...names].filter((name) => name.endsWith('.gguf'))), 'full');
}

/** Without the later parts of split models: llama.cpp opens the first. */
function firstParts(names: readonly string[]): string[] {
  return names.filter((name) => !/-\d{5}-of-\d{5}\.gguf$/.test(name) || /-00001-of-\d{5}\.gguf$/.test(name));
}

/** The first of these keys of a JSON file that has a text; null without one. */
async function firstText(file: string, keys: readonly string[]): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const config: unknown = JSON.parse(text);
    if (!isObject(config)) return null;
    const texts = keys.flatMap((key) => (typeof config[key] === 'string' ? [config[key]] : []));
    return texts.find((value) => value !== '') ?? null;
  } catch {
    return null;
  }
}

/** `org/model`, as a hub names one. */
const HUB_NAME = /^[A-Za-z0-9_][\w.-]*\/[A-Za-z0-9_][\w.-]*$/;

/**
 * The base model of an adapter, as a path that can be given: what its config names, if it is on this machine; else full
 * weights next to it that are called a base, or whose own config has that name; else the model of that name on a hub.
 * Null: none of them.
 */
export function baseAsPath(
  { path, base }: FoundCheckpoint,
  { root, others }: { readonly root: string; readonly others: readonly FoundCheckpoint[] },
): string | null {
  const full = others.filter(({ kind }) => kind === 'full');
  if (base !== null) {
    const named = [base, within(path, base)].map((candidate) => candidate.replace(/^\.\//, '').replace(/\/+$/, ''));
    const own = full.find((other) => named.includes(other.path));
    if (own !== undefined) return own.path;
    if (existsSync(resolve(root, base))) return base;
    // A training run elsewhere wrote another path to a folder of the same name.
    const alike = only(full, (other) => lastOf(other.path) === lastOf(base));
    if (alike !== null) return alike;
  }
  const isCalledSo = ({ name }: FoundCheckpoint) =>
    base !== null && name !== undefined && lastOf(name) === lastOf(base);
  const isOther = (one: FoundCheckpoint) => base !== null && HUB_NAME.test(one.name ?? '') && !isCalledSo(one);
  const bases = full.filter((one) => BASE_NAME.test(one.path) && !isOther(one));
  const neighbor =
    only(full, isCalledSo) ?? only(bases, (one) => parentOf(one.path) === parentOf(path)) ?? only(bases, () => true);
  if (neighbor !== null) return neighbor;
  return base !== null && HUB_NAME.test(base) ? `hf://${base}` : null;
}

/** Null where there are several. */
function only(all: readonly FoundCheckpoint[], test: (one: FoundCheckpoint) => boolean): string | null {
  const [first, ...more] = all.filter(test);
  return first !== undefined && more.length === 0 ? first.path : null;
}

/** The name of a path or of a model on a hub. */
export const lastOf = (path: string): string | undefined => path.replace(/\/+$/, '').split('/').at(-1);
const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/');
