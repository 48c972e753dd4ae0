import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readTextFile } from '../platform/read-text-file.ts';
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

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

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

/** These initialisations also change the base weights, so scale·B·A is not the update from the base model. */
const BASE_CHANGING_INITIALISATIONS = /^(pissa|olora|corda|loftq|lora_ga)/i;

/** `base_model.model.<module>.lora_A[.<adapter>].weight`, and without `.weight` for embeddings; not `lora_B.bias`. */
const LORA_KEY = /^(?:base_model\.model\.)?(.+)\.lora_(embedding_)?(A|B)(?:\.(?!bias$)[^.]+)?$/;

/** Is this the name of a LoRA factor? */
export function isAdapterTensor(name: string): boolean {
  return LORA_KEY.test(name.replace(/\.weight$/, ''));
}

/** Is this the directory of a PEFT adapter? */
export async function isAdapterDirectory(directory: string): Promise<boolean> {
  const names = new Set(await readdir(directory));
  return names.has(CONFIG) && !names.has('model.safetensors') && !names.has('model.safetensors.index.json');
}

/**
 * Open a PEFT directory.
 * @throws UserError for another kind of adapter, and for modules that cannot be measured, by name (DoRA, …)
 */
export async function openAdapter(path: string): Promise<Adapter> {
  const configFile = join(path, CONFIG);
  const config = parseJsonObject((await readTextFile(configFile)) ?? '', configFile);
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${configFile}: ${issue?.path.join('.')}: ${issue?.message}`, 'restore the file');
  }
  if (parsed.data.peft_type !== 'LORA') {
    throw new UserError(`${path} is a ${parsed.data.peft_type} adapter`, 'only LoRA can be measured; merge it first');
  }
  const entries = await readSafetensorsHeader(await weightsFile(path));
  refuseUntreatable(path, parsed.data, entries);
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  const { modules, saved } = collect(path, entries, parsed.data);
  if (modules.length === 0 && saved.size === 0) throw new UserError(`${path} adapts no module`, 'save it again');
  const architecture = await baseArchitecture(path, parsed.data.base_model_name_or_path ?? null);
  return { format: 'lora', path, modules, saved, tensors, config, architecture, remote: null };
}

/** The base model's config says how its fused modules are put together. A name on a hub is not looked for. */
async function baseArchitecture(path: string, base: string | null): Promise<Architecture> {
  for (const folder of base === null ? [] : [resolve(path, base), resolve(base)]) {
    const config = await readConfig(folder).catch(() => null);
    if (config) return describeArchitecture(config);
  }
  return UNKNOWN_ARCHITECTURE;
}

async function weightsFile(path: string): Promise<string> {
  const names = new Set(await readdir(path));
  if (!names.has(WEIGHTS) && names.has('adapter_model.bin')) {
    throw pickleError(join(path, 'adapter_model.bin'));
  }
  return resolveFile(path, WEIGHTS, 'adapter');
}

function refuseUntreatable(path: string, config: AdapterConfig, entries: readonly TensorEntry[]): void {
  const anyModule = () => {
    const key = entries.map(({ name }) => LORA_KEY.exec(name.replace(/\.weight$/, ''))).find(Boolean);
    return JSON.stringify(key?.[1] ?? entries[0]?.name ?? '');
  };
  const magnitude = entries.find(({ name }) => name.includes('lora_magnitude_vector'));
  if (config.use_dora || magnitude) {
    const module = magnitude ? JSON.stringify(moduleOf(magnitude.name)) : anyModule();
    throw new UserError(
      `${path}: module ${module} uses DoRA, whose update is not scale·B·A`,
      'merge the adapter into the base model and check that',
    );
  }
  if (config.use_qalora) {
    throw new UserError(`${path}: module ${anyModule()} uses QALoRA, whose A works on pooled inputs`, 'merge it first');
  }
  if (config.layer_replication?.length) {
    throw new UserError(`${path}: layer_replication makes layers that the base model does not have`, 'merge it first');
  }
  const initialisation = config.init_lora_weights;
  if (typeof initialisation === 'string' && BASE_CHANGING_INITIALISATIONS.test(initialisation)) {
    throw new UserError(
      `${path}: init_lora_weights is ${JSON.stringify(initialisation)}, which changed the base weights of ${anyModule()} too`,
      'convert it to plain LoRA (PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)) or merge it',
    );
  }
}

function moduleOf(key: string): string {
  return key.replace(/^base_model\.model\./, '').replace(/\.(lora_|token_adapter|trainable_tokens_).*$/, '');
}

interface Pair {
  a?: TensorEntry;
  b?: TensorEntry;
  embedding: boolean;
}

function collect(path: string, entries: readonly TensorEntry[], config: AdapterConfig) {
  const pairs = new Map<string, Pair>();
  const saved = new Map<string, TensorEntry>();
  for (const entry of entries) {
    const match = LORA_KEY.exec(entry.name.replace(/\.weight$/, ''));
    const module = match?.[1];
    if (module) {
      const pair = pairs.get(module) ?? { embedding: match[2] !== undefined };
      const side = match[3] === 'A' ? 'a' : 'b';
      if (pair[side]) {
        throw new UserError(
          `${path}: module ${JSON.stringify(module)} has two of ${match[3]}`,
          'save one adapter a folder',
        );
      }
      pair[side] = entry;
      pairs.set(module, pair);
    } else if (entry.name.includes('.original_module.')) {
      // The base model's weight beside the trained one of `modules_to_save`.
    } else if (entry.name.includes('.lora_') || entry.name.includes('.trainable_tokens_')) {
      // `lora_B.bias` shifts the output and is no part of ΔW; everything else would be silently left out.
      if (!entry.name.endsWith('.lora_B.bias')) {
        throw new UserError(
          `${path}: module ${JSON.stringify(moduleOf(entry.name))} has ${JSON.stringify(entry.name)}, which plain LoRA does not have`,
          'merge the adapter into the base model and check that',
        );
      }
    } else {
      const name = entry.name.replace(/^base_model\.model\./, '').replace(/\.modules_to_save(\.default)?\./, '.');
      saved.set(name, { ...entry, name });
    }
  }
  const modules = [...pairs].map(([module, pair]) => toModule(path, module, pair, config));
  return { modules: modules.sort((x, y) => (x.target < y.target ? -1 : 1)), saved };
}

function toModule(path: string, module: string, { a, b, embedding }: Pair, config: AdapterConfig): LoraModule {
  const named = `${path}: module ${JSON.stringify(module)}`;
  if (!a || !b) throw new UserError(`${named} has ${a ? 'A but no B' : 'B but no A'}`, 'save the adapter again');
  if (module.endsWith('.base_layer')) {
    throw new UserError(`${named} adapts a parameter (target_parameters), which is not treated yet`, 'merge it first');
  }
  for (const { name, dtype } of [a, b]) {
    if (!isMeasuredDtype(dtype)) {
      throw new UserError(`${named}: ${JSON.stringify(name)} is ${dtype}`, 'save the adapter in a floating-point type');
    }
  }
  const rank = a.shape[0] ?? 0;
  const kernel = b.shape.slice(2).reduce((product, size) => product * size, 1);
  if (a.shape.length < 2 || b.shape.length < 2 || kernel !== 1 || b.shape[1] !== rank || a.size === 0 || b.size === 0) {
    throw new UserError(
      `${named}: A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}] do not make a product`,
      'save the adapter again',
    );
  }
  const declared = lookUp(config.rank_pattern, module, path) ?? config.r ?? rank;
  if (declared !== rank) {
    throw new UserError(`${named}: the config says rank ${declared}, the weights have ${rank}`, 'restore the config');
  }
  const alpha = lookUp(config.alpha_pattern, module, path) ?? config.lora_alpha;
  if (alpha === undefined || alpha === null) {
    throw new UserError(`${join(path, CONFIG)} has no lora_alpha`, 'restore the file');
  }
  const scale = alpha / (config.use_rslora ? Math.sqrt(rank) : rank);
  const transposed = embedding || (config.fan_in_fan_out === true && a.shape.length === 2);
  return { target: `${module}.weight`, a, b, rank, scale, transposed };
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

/** What a pattern may hold, so that one from a stranger cannot keep the gate busy for ever: no repeated groups. */
const MAX_PATTERN_LENGTH = 200;
const MAX_REPETITIONS = 4;

function patternOf(key: string, path: string): RegExp {
  const repetitions = key.match(/[*+{]/g)?.length ?? 0;
  const isTame = key.length <= MAX_PATTERN_LENGTH && repetitions <= MAX_REPETITIONS && !/\)[*+{]/.test(key);
  try {
    if (isTame) return new RegExp(`^(.*\\.)?(${key})$`);
  } catch {
    // Not a pattern either.
  }
  throw new UserError(
    `${join(path, CONFIG)}: ${JSON.stringify(key.slice(0, 80))} is not a pattern that is used`,
    'restore the file',
  );
}
