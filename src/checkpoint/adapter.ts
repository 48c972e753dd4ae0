import { readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ADAPTER, ADAPTER_CONFIG, INDEX, SINGLE } from '../hub/checkpoint-files.ts';
import { isInside, readTextInside } from '../platform/resolve-inside.ts';
import { UserError } from '../platform/user-error.ts';
import {
  type Architecture,
  describeArchitecture,
  parseJsonObject,
  readConfig,
  UNKNOWN_ARCHITECTURE,
} from './architecture.ts';
import { isMeasuredDtype } from './dtype.ts';
import { pickleError, readSafetensorsHeader, resolveFile } from './safetensors.ts';
import type { Adapter, LoraModule, TensorEntry } from './types.ts';

const configSchema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().positive().nullish(),
  lora_alpha: z.number().nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  use_qalora: z.boolean().nullish(),
  fan_in_fan_out: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), z.int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  layer_replication: z.array(z.unknown()).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});
type AdapterConfig = z.infer<typeof configSchema>;

/** These initializations also change the base weights, so scale·B·A is not the update from the base model. */
const BASE_CHANGING_INITIALIZATIONS = /^(pissa|olora|corda|loftq|lora_ga)/i;

/** `base_model.model.<module>.lora_A[.<adapter>].weight`, and without `.weight` for embeddings; not `lora_B.bias`. */
const LORA_KEY = /^(?:base_model\.model\.)?(.+)\.lora_(embedding_)?(A|B)(?:\.(?!bias$)[^.]+)?$/;

/** The magnitude of a module with DoRA; older releases of PEFT save it with `.weight`. */
const MAGNITUDE_KEY = /^(?:base_model\.model\.)?(.+)\.lora_magnitude_vector(?:\.[^.]+)*$/;

export interface AdapterOptions {
  /** Read the magnitudes of DoRA too; by default such an adapter is refused, since its update is not scale·B·A. */
  readonly withMagnitudes?: boolean | undefined;
}

/** Is this the name of a LoRA factor? */
export function isAdapterTensor(name: string): boolean {
  return LORA_KEY.test(name.replace(/\.weight$/, ''));
}

/** Is this the directory of a PEFT adapter? */
export async function isAdapterDirectory(directory: string): Promise<boolean> {
  const names = new Set(await readdir(directory));
  return names.has(ADAPTER_CONFIG) && !names.has(SINGLE) && !names.has(INDEX);
}

/**
 * Open the directory of a PEFT adapter.
 * @throws UserError for another kind of adapter, and for modules that cannot be measured (DoRA, …), by name
 */
export async function openAdapter(path: string, { withMagnitudes = false }: AdapterOptions = {}): Promise<Adapter> {
  const configFile = join(path, ADAPTER_CONFIG);
  const config = parseJsonObject((await readTextInside(configFile)) ?? '', configFile);
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${configFile}: ${issue?.path.join('.')}: ${issue?.message}`, 'restore the file');
  }
  if (parsed.data.peft_type !== 'LORA') {
    throw new UserError(
      `${path} is a ${parsed.data.peft_type} adapter, and only LoRA can be measured`,
      'merge it into the base model',
    );
  }
  const entries = await readSafetensorsHeader(await weightsFile(path));
  if (!withMagnitudes) refuseMagnitudes(path, parsed.data, entries);
  refuseUnsupported(path, parsed.data, entries);
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  const { modules, saved } = collect(path, entries, parsed.data);
  if (modules.length === 0 && saved.size === 0)
    throw new UserError(`${path} adapts no module`, 'save the adapter again');
  const architecture = await baseArchitecture(path, parsed.data.base_model_name_or_path ?? null);
  return { format: 'lora', path, modules, saved, tensors, config, architecture, remote: null };
}

/**
 * The base model's config describes the layout of its fused modules. A base model on a hub is not looked up, nor one
 * outside of the adapter's folder and the working directory: the author of an adapter can write any path of the machine.
 */
async function baseArchitecture(path: string, base: string | null): Promise<Architecture> {
  const roots = await Promise.all([path, '.'].map((root) => realpath(root)));
  for (const named of base === null ? [] : [resolve(path, base), resolve(base)]) {
    const folder = await realpath(named).catch(() => null);
    if (folder === null || !roots.some((root) => isInside(folder, root))) continue;
    const config = await readConfig(folder).catch(() => null);
    if (config) return describeArchitecture(config);
  }
  return UNKNOWN_ARCHITECTURE;
}

async function weightsFile(path: string): Promise<string> {
  const names = new Set(await readdir(path));
  if (!names.has(ADAPTER) && names.has('adapter_model.bin')) {
    throw pickleError(join(path, 'adapter_model.bin'));
  }
  return resolveFile(path, ADAPTER, 'adapter');
}

function refuseMagnitudes(path: string, config: AdapterConfig, entries: readonly TensorEntry[]): void {
  const magnitude = entries.find(({ name }) => name.includes('lora_magnitude_vector'));
  if (!config.use_dora && !magnitude) return;
  const module = magnitude ? JSON.stringify(moduleOf(magnitude.name)) : firstModule(entries);
  throw new UserError(
    `${path}: module ${module} uses DoRA, whose update is not scale·B·A`,
    'merge the adapter into the base model and check the merged model',
  );
}

function firstModule(entries: readonly TensorEntry[]): string {
  const key = entries.map(({ name }) => LORA_KEY.exec(name.replace(/\.weight$/, ''))).find(Boolean);
  return JSON.stringify(key?.[1] ?? entries[0]?.name ?? '');
}

function refuseUnsupported(path: string, config: AdapterConfig, entries: readonly TensorEntry[]): void {
  if (config.use_qalora) {
    throw new UserError(
      `${path}: module ${firstModule(entries)} uses QALoRA, whose A multiplies pooled inputs`,
      'merge the adapter into the base model and check the merged model',
    );
  }
  if (config.layer_replication?.length) {
    throw new UserError(
      `${path}: layer_replication creates layers that the base model does not have`,
      'merge the adapter into the base model and check the merged model',
    );
  }
  const initialization = config.init_lora_weights;
  if (typeof initialization === 'string' && BASE_CHANGING_INITIALIZATIONS.test(initialization)) {
    throw new UserError(
      `${path}: init_lora_weights is ${JSON.stringify(initialization)}, which also changed the base weights of ${firstModule(entries)}`,
      'convert it to plain LoRA (PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)), or merge it',
    );
  }
}

function moduleOf(key: string): string {
  return key.replace(/^base_model\.model\./, '').replace(/\.(lora_|token_adapter|trainable_tokens_).*$/, '');
}

/** The two factors of a module, as they are found. */
interface Factors {
  a?: TensorEntry;
  b?: TensorEntry;
  magnitude?: TensorEntry;
  embedding: boolean;
}

function collect(path: string, entries: readonly TensorEntry[], config: AdapterConfig) {
  const pairs = new Map<string, Factors>();
  const magnitudes = new Map<string, TensorEntry>();
  const saved = new Map<string, TensorEntry>();
  for (const entry of entries) {
    const match = LORA_KEY.exec(entry.name.replace(/\.weight$/, ''));
    const module = match?.[1];
    if (module) {
      const pair = pairs.get(module) ?? { embedding: match[2] !== undefined };
      const side = match[3] === 'A' ? 'a' : 'b';
      if (pair[side]) {
        throw new UserError(
          `${path}: module ${JSON.stringify(module)} has two tensors ${match[3]}`,
          'save each adapter to a folder of its own',
        );
      }
      pair[side] = entry;
      pairs.set(module, pair);
    } else if (MAGNITUDE_KEY.test(entry.name)) {
      magnitudes.set(moduleOf(entry.name), entry);
    } else if (entry.name.includes('.original_module.')) {
      // The base model's weight, stored beside the trained one of `modules_to_save`.
    } else if (entry.name.includes('.lora_') || entry.name.includes('.trainable_tokens_')) {
      // `lora_B.bias` is a bias, not part of ΔW. Any other tensor would be left out silently.
      if (!entry.name.endsWith('.lora_B.bias')) {
        throw new UserError(
          `${path}: module ${JSON.stringify(moduleOf(entry.name))} has ${JSON.stringify(entry.name)}, which plain LoRA does not have`,
          'merge the adapter into the base model and check the merged model',
        );
      }
    } else {
      const name = entry.name.replace(/^base_model\.model\./, '').replace(/\.modules_to_save(\.default)?\./, '.');
      saved.set(name, { ...entry, name });
    }
  }
  for (const [module, magnitude] of magnitudes) {
    const pair = pairs.get(module);
    if (!pair) {
      throw new UserError(
        `${path}: module ${JSON.stringify(module)} has a magnitude, and neither A nor B`,
        'save the adapter again',
      );
    }
    pair.magnitude = magnitude;
  }
  const modules = [...pairs].map(([module, pair]) => toModule(path, module, pair, config));
  return { modules: modules.sort((x, y) => (x.target < y.target ? -1 : 1)), saved };
}

function toModule(path: string, module: string, factors: Factors, config: AdapterConfig): LoraModule {
  const { a, b, magnitude = null, embedding } = factors;
  const named = `${path}: module ${JSON.stringify(module)}`;
  if (!a || !b) throw new UserError(`${named} has ${a ? 'A but no B' : 'B but no A'}`, 'save the adapter again');
  if (module.endsWith('.base_layer')) {
    throw new UserError(
      `${named} adapts a parameter (target_parameters), which is not supported`,
      'merge the adapter into the base model and check the merged model',
    );
  }
  for (const { name, dtype } of magnitude ? [a, b, magnitude] : [a, b]) {
    if (!isMeasuredDtype(dtype)) {
      throw new UserError(
        `${named}: ${JSON.stringify(name)} is ${dtype}`,
        'save the adapter in a floating-point dtype',
      );
    }
  }
  const rank = a.shape[0] ?? 0;
  const kernel = b.shape.slice(2).reduce((product, size) => product * size, 1);
  if (a.shape.length < 2 || b.shape.length < 2 || kernel !== 1 || b.shape[1] !== rank || a.size === 0 || b.size === 0) {
    throw new UserError(
      `${named}: A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}] cannot be multiplied`,
      'save the adapter again',
    );
  }
  if (magnitude ? magnitude.size !== b.shape[0] : config.use_dora) {
    throw new UserError(
      magnitude
        ? `${named}: its magnitude [${magnitude.shape.join(', ')}] is not one number for each of ${b.shape[0]} outputs`
        : `${named} has no magnitude, and the config says use_dora`,
      'save the adapter again',
    );
  }
  const declared = lookUp(config.rank_pattern, module, path) ?? config.r ?? rank;
  if (declared !== rank) {
    throw new UserError(
      `${named}: its rank is ${declared} in the config and ${rank} in the weights`,
      'restore the config',
    );
  }
  const alpha = lookUp(config.alpha_pattern, module, path) ?? config.lora_alpha;
  if (alpha === undefined || alpha === null) {
    throw new UserError(`${join(path, ADAPTER_CONFIG)} has no lora_alpha`, 'restore the file');
  }
  const scale = alpha / (config.use_rslora ? Math.sqrt(rank) : rank);
  const transposed = embedding || (config.fan_in_fan_out === true && a.shape.length === 2);
  return { target: `${module}.weight`, a, b, rank, scale, transposed, magnitude };
}

/**
 * PEFT's pattern rule (`get_pattern_key`): the first key that, as a regular expression, matches the end of the module
 * name after a dot or the whole of it.
 */
function lookUp(pattern: Record<string, number> | null | undefined, module: string, path: string): number | undefined {
  for (const [key, value] of Object.entries(pattern ?? {})) {
    if (patternOf(key, path).test(module)) return value;
  }
  return undefined;
}

/** Limits of a pattern, so that a hostile one cannot keep the gate busy: no repeated groups either. */
const MAX_PATTERN_LENGTH = 200;
const MAX_REPETITIONS = 4;

function patternOf(key: string, path: string): RegExp {
  const repetitions = key.match(/[*+{]/g)?.length ?? 0;
  const isSafe = key.length <= MAX_PATTERN_LENGTH && repetitions <= MAX_REPETITIONS && !/\)[*+{]/.test(key);
  try {
    if (isSafe) return new RegExp(`^(.*\\.)?(${key})$`);
  } catch {
    // Not a regular expression: refused below.
  }
  throw new UserError(
    `${join(path, ADAPTER_CONFIG)}: ${JSON.stringify(key.slice(0, 80))} is not a supported pattern`,
    'restore the file',
  );
}
