import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { given, UserError } from '@shadow-gate/platform';
import { readStateDict } from '../formats/pickle/state-dict.ts';
import { readSafetensorsHeader, resolveFile } from '../formats/safetensors.ts';
import { ADAPTER, ADAPTER_CONFIG, PICKLED_ADAPTER } from '../hub/weight-formats.ts';
import { isEmbedding } from '../naming/module-type.ts';
import { NamePatterns } from '../naming/name-pattern.ts';
import { tensorPlace } from '../naming/place.ts';
import { isMeasuredDtype } from '../tensors/dtype.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import type { AdapterContents, LoraModule } from './adapter.ts';
import { MERGE, type PeftConfig, parsePeftConfig, refuseKeys } from './peft-config.ts';
import { refuseOtherTypes } from './peft-type.ts';
import { moduleSelection } from './target-modules.ts';
import { type AdaptedParameter, targetParameterFinder } from './target-parameters.ts';

/** Precedes the names of the base model's modules. PEFT silently skips other names. */
const PREFIX = 'base_model.model.';
/** `<module>.lora_A[.default].weight`, and without `.weight` for embeddings; not `lora_B.bias`. */
const LORA_KEY = /^(.+)\.lora_(embedding_)?(A|B)(?:\.default)?$/;
/** `<module>.lora_magnitude_vector[.default][.weight]`: DoRA. */
const MAGNITUDE_KEY = /^(.+)\.lora_magnitude_vector(?:\.default)?$/;
/** `<module>.lora_B.bias` (`lora_bias`). */
const BIAS_KEY = /^(.+)\.lora_B\.bias$/;
/** Real ones are below 10⁴; the energies of an update with a larger one may not be numbers. */
const MAX_ALPHA = 1e9;
/** A module that is saved whole, or the copy of its original. */
const WRAPPED = /(^|\.)(modules_to_save|original_module)(\.|$)/;

interface Source {
  readonly path: string;
  readonly configFile: string;
  readonly config: PeftConfig;
  readonly patterns: NamePatterns;
}

/** Read an adapter of PEFT. @throws UserError for other kinds, and naming a part that LoRA and DoRA do not have */
export async function readPeftAdapter(path: string, raw: Record<string, unknown>): Promise<AdapterContents> {
  const configFile = join(path, ADAPTER_CONFIG);
  const config = parsePeftConfig(raw, configFile);
  refuseOtherTypes(path, config.peft_type);
  refuseKeys(config, configFile);
  const entries = await readWeights(path);
  const source = { path, configFile, config, patterns: new NamePatterns(configFile) };
  const { modules, saved } = collect(source, entries);
  refuseTied(source, modules, saved);
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  return { modules, saved, tensors, base: config.base_model_name_or_path ?? null };
}

/** PEFT also prefers safetensors. */
async function readWeights(path: string): Promise<TensorEntry[]> {
  const names = new Set(await readdir(path));
  if (!names.has(ADAPTER) && names.has(PICKLED_ADAPTER)) return readStateDict(await resolveFile(path, PICKLED_ADAPTER));
  return readSafetensorsHeader(await resolveFile(path, ADAPTER, 'adapter'));
}

interface Factors {
  a?: TensorEntry;
  b?: TensorEntry;
  magnitude?: TensorEntry;
  bias?: TensorEntry;
  embedding: boolean;
}

function collect(source: Source, entries: readonly TensorEntry[]) {
  const found = new Map<string, Factors>();
  const saved = new Map<string, TensorEntry>();
  const copies = new Map<string, TensorEntry>();
  for (const entry of entries) {
    if (!entry.name.startsWith(PREFIX)) throw neverLoaded(source, entry, `its name does not begin with "${PREFIX}"`);
    const inner = entry.name.slice(PREFIX.length);
    const key = inner.replace(/\.weight$/, '');
    const factor = LORA_KEY.exec(key);
    const module = factor?.[1] ?? MAGNITUDE_KEY.exec(key)?.[1] ?? BIAS_KEY.exec(key)?.[1];
    if (module) {
      const side = factor ? (factor[3] === 'A' ? 'a' : 'b') : BIAS_KEY.test(key) ? 'bias' : 'magnitude';
      addFactor(source, found, module, side, entry, factor?.[2] !== undefined);
    } else if (entry.name.includes('.original_module.')) {
      // The base model's weight, stored next to the trained one of `modules_to_save`.
    } else if (entry.name.includes('.lora_') || /[._](trainable_tokens|token_adapter)[._]/.test(entry.name)) {
      const [owner] = inner.split(/\.(?:lora_|token_adapter|trainable_tokens_)/);
      throw new UserError(
        `${source.path}: module ${JSON.stringify(owner)} has ${JSON.stringify(entry.name)}, which plain LoRA does not have`,
        MERGE,
      );
    } else {
      // PEFT saves a copy of the base embeddings with their LoRA, and loads the copy.
      const name = inner.replace(/\.base_layer\.(weight|bias)$/, '.$1');
      const earlier = copies.get(name);
      if (earlier !== undefined) throw neverLoaded(source, entry, `there is ${JSON.stringify(earlier.name)} as well`);
      copies.set(name, entry);
    }
  }
  for (const [name, entry] of copies) {
    const isBeside = entry.name !== PREFIX + name;
    const isAdapted = found.has(name.replace(/\.(weight|bias)$/, ''));
    if (/(^|\.)modules_to_save\./.test(name))
      throw neverLoaded(source, entry, 'PEFT saves such modules without that part');
    if (isBeside !== isAdapted) {
      const lora = isAdapted ? 'a LoRA, and so' : 'no LoRA, and so no';
      throw neverLoaded(source, entry, `its module has ${lora} base_layer`);
    }
    saved.set(name, { ...entry, name });
  }
  const whyLeftOut = moduleSelection(source.config, source.patterns);
  const parameter = targetParameterFinder(source.config.target_parameters, new Set(found.keys()), source.configFile);
  const modules = [...found].map(([module, factors]) => {
    const adapted = parameter(module);
    const key = adapted === null ? whyLeftOut(module) : null;
    if (key !== null) throw notLoaded(source, module, key);
    return toModule(source, module, factors, adapted);
  });
  return { modules: modules.sort((x, y) => (x.target < y.target ? -1 : 1)), saved };
}

function addFactor(
  { path }: Source,
  found: Map<string, Factors>,
  module: string,
  side: 'a' | 'b' | 'magnitude' | 'bias',
  entry: TensorEntry,
  embedding: boolean,
): void {
  const named = `${path}: module ${JSON.stringify(module)}`;
  if (WRAPPED.test(module)) {
    throw new UserError(
      `${named} is a LoRA inside a module that is saved whole (modules_to_save), which versions of PEFT load differently`,
      'merge the adapter with the version of PEFT that trained it and give the merged model',
    );
  }
  const factors = found.get(module) ?? { embedding: false };
  if (factors[side]) {
    const what = { magnitude: 'magnitudes', bias: 'biases of B', a: 'tensors A', b: 'tensors B' }[side];
    throw new UserError(`${named} has two ${what}`, 'save each adapter to a folder of its own');
  }
  factors[side] = entry;
  factors.embedding ||= embedding;
  found.set(module, factors);
}

function neverLoaded({ path }: Source, { name }: TensorEntry, why: string): UserError {
  return new UserError(
    `${path}: PEFT does not load the tensor ${JSON.stringify(name)}: ${why}`,
    'save the adapter again with PEFT (save_pretrained), or remove the tensor',
  );
}

function notLoaded({ path, configFile }: Source, module: string, key: string): UserError {
  return new UserError(
    `${path}: module ${JSON.stringify(module)} is in the file, and ${key} of the config leaves it out: PEFT does not load it`,
    `restore ${configFile}, or remove the tensors that do not run`,
  );
}

/** With `ensure_weight_tying`, a LoRA on the embeddings also changes a tied output layer. */
function refuseTied(
  { configFile, config }: Source,
  modules: readonly LoraModule[],
  saved: ReadonlyMap<string, TensorEntry>,
): void {
  if (!config.ensure_weight_tying) return;
  const changed = [...modules.map(({ target }) => target), ...saved.keys()];
  const tied = changed.find((name) => isEmbedding(tensorPlace(name, { multimodal: false }).module));
  if (tied === undefined) return;
  throw new UserError(
    `${configFile}: ensure_weight_tying is set and ${JSON.stringify(tied)} is adapted, which is not supported`,
    MERGE,
  );
}

function toModule(source: Source, module: string, factors: Factors, parameter: AdaptedParameter | null): LoraModule {
  const { path, config, configFile, patterns } = source;
  const { a, b, magnitude, bias, embedding } = factors;
  const named = `${path}: module ${JSON.stringify(module)}`;
  if (!a && !b) {
    const dora = magnitude ? ' uses DoRA and' : '';
    throw new UserError(`${named}${dora} has neither A nor B`, 'save the adapter again');
  }
  if (!a || !b) throw new UserError(`${named} has ${a ? 'A but no B' : 'B but no A'}`, 'save the adapter again');
  if (module.endsWith('.base_layer') && parameter === null) {
    throw new UserError(`${named} adapts a parameter, and the config has no target_parameters that name it`, MERGE);
  }
  for (const tensor of [a, b, magnitude, bias]) {
    if (!tensor || isMeasuredDtype(tensor.dtype)) continue;
    const problem = `${named}: ${JSON.stringify(tensor.name)} is ${tensor.dtype}`;
    throw new UserError(problem, 'save the adapter in a floating-point dtype');
  }
  const allRanks = a.shape[0] ?? 0;
  const kernel = b.shape.slice(2).reduce((product, size) => product * size, 1);
  const areMatrices = a.shape.length >= 2 && b.shape.length >= 2 && kernel === 1;
  if (!areMatrices || b.shape[1] !== allRanks || a.size === 0 || b.size === 0) {
    throw new UserError(
      `${named}: A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}] cannot be multiplied`,
      'save the adapter again',
    );
  }
  refuseMagnitude(source, named, { ...factors, a, b });
  refuseBias(source, named, { ...factors, b, isStack: parameter !== null });
  const lookUp = (pattern: Record<string, number> | null | undefined) => {
    const name = parameter?.name ?? module;
    for (const [key, value] of Object.entries(pattern ?? {})) if (patterns.matchesEnd(key, name)) return value;
    return undefined;
  };
  const rank = lookUp(config.rank_pattern) ?? config.r ?? allRanks;
  const experts = allRanks / rank;
  if (parameter?.isStack ? !Number.isInteger(experts) : experts !== 1) {
    const ranks = `${rank} in the config and ${allRanks} in the weights`;
    const times = parameter?.isStack ? ', which is no multiple of it' : '';
    throw new UserError(`${named}: its rank is ${ranks}${times}`, 'restore the config');
  }
  const alpha = lookUp(config.alpha_pattern) ?? config.lora_alpha;
  if (alpha === undefined || alpha === null) throw new UserError(`${configFile} has no lora_alpha`, 'restore the file');
  if (!(Math.abs(alpha) <= MAX_ALPHA)) {
    throw new UserError(`${named}: its alpha is ${alpha}, more than ${MAX_ALPHA}`, 'restore the config');
  }
  const scale = alpha / (config.use_rslora ? Math.sqrt(rank) : rank);
  const transposed = embedding || (config.fan_in_fan_out === true && a.shape.length === 2);
  const common = { a, b, ...given({ bias }), magnitude: magnitude ?? null, rank, scale, transposed };
  return parameter?.isStack
    ? { ...common, target: parameter.name, experts }
    : { ...common, target: `${parameter?.name.replace(/\.weight$/, '') ?? module}.weight` };
}

/** PEFT refuses a bias with DoRA, embeddings and parameters. */
function refuseBias(
  { config }: Source,
  named: string,
  { b, bias, magnitude, embedding, isStack }: Factors & { readonly b: TensorEntry; readonly isStack: boolean },
): void {
  if (config.lora_bias !== true && !bias) return;
  if (embedding && !bias) return;
  if (config.lora_bias === true && bias && !magnitude && !embedding && !isStack && bias.size === b.shape[0]) return;
  const found = bias
    ? 'a bias of B, and lora_bias of the config leaves none there'
    : 'no bias of B, and lora_bias is set';
  throw new UserError(`${named} has ${found}`, 'save the adapter again');
}

function refuseMagnitude(
  { config }: Source,
  named: string,
  { a, b, magnitude }: Factors & { readonly a: TensorEntry; readonly b: TensorEntry },
): void {
  if (config.use_dora === true && !magnitude) {
    throw new UserError(`${named} uses DoRA and has no lora_magnitude_vector`, 'save the adapter again');
  }
  if (!magnitude) return;
  if (config.use_dora !== true) {
    throw new UserError(`${named} uses DoRA, and use_dora of the config is not true`, 'restore the config');
  }
  if (a.shape.length > 2 || b.shape.length > 2) throw new UserError(`${named} is DoRA on a convolution`, MERGE);
  if (magnitude.size === b.shape[0]) return;
  throw new UserError(
    `${named}: ${magnitude.size} magnitudes are not one for each of its ${b.shape[0]} outputs`,
    'save the adapter again',
  );
}
