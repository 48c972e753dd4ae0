import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { mtpLayers } from '../../naming/mtp-layers.ts';
import type { NamePatterns } from '../../naming/name-pattern.ts';
import { isMultimodalName, type ModelKind, tensorPlace } from '../../naming/place.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import type { TensorEntry, Tensors } from '../../tensors/tensor-entry.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { quantizationGroupFinder } from './config-groups.ts';
import type { ConfigSection } from './format.ts';
import { gptqSettings } from './gptq-settings.ts';

/** Whether programs expect codes or plain numbers in a module. `either`: they differ, or the config does not say. */
type Stated = 'codes' | 'numbers' | 'either';

/** Linear layers of attention and MLPs, which every method quantizes by default. */
const PROJECTIONS = new Set<string>([
  'qkv_proj',
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_up_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
]);

interface StatedConfig extends Pick<FullCheckpoint, 'path' | 'architecture'> {
  readonly settings: ConfigSection;
  readonly method: string | null;
  readonly patterns: NamePatterns;
}

/** @throws UserError for a weight that is not stored as the config says */
export function refuseOtherModules(tensors: Tensors, { settings, method, patterns, path, architecture }: StatedConfig) {
  const kind = { multimodal: false, mtpLayers: mtpLayers({ tensors, architecture }) };
  const stated = method === null ? null : statedModules(settings, method, patterns);
  for (const entry of stated ? tensors.values() : []) {
    const isCode = entry.recipe !== undefined;
    if (!isCode && !isLinear(entry, kind, method)) continue;
    const module = entry.name.replace(/\.(weight|(gate_up|down)_proj)$/, '');
    if (stated?.(module) !== (isCode ? 'numbers' : 'codes')) continue;
    const what = isCode
      ? 'is quantized, and its config says that it is not'
      : 'is not quantized, and its config says that it is';
    throw new UserError(
      `${path}: ${JSON.stringify(entry.name)} ${what}: programs load something else than what is stored`,
      'restore the list of modules in the quantization config (ignore, targets, modules_to_not_convert), or quantize the model again',
    );
  }
}

/** Only compressed-tensors quantizes heads and embeddings by default. */
function isLinear({ name, shape, dtype }: TensorEntry, kind: ModelKind, method: string | null): boolean {
  // All experts in one tensor: transformers replaces these only for this method.
  const isStacked = method === 'fp8' && shape.length === 3 && /\.experts\.(gate_up|down)_proj$/.test(name);
  // Codes that are not read are refused elsewhere.
  const isMatrix = shape.length === 2 && name.endsWith('.weight');
  if (!(isMatrix || isStacked) || !isMeasuredDtype(dtype) || isMultimodalName(name)) return false;
  const { module, layer, component } = tensorPlace(name, kind);
  // Programs leave out the layers that predict further tokens, and quantizers leave them unchanged.
  if (component === 'mtp') return false;
  if (module === 'lm_head' || module === 'embed') return method === 'compressed-tensors';
  return layer !== null && (isStacked || PROJECTIONS.has(module));
}

/** Programs build layers by the config; others keep random numbers, or take codes for numbers (transformers 5.24). */
function statedModules(settings: ConfigSection, method: string, patterns: NamePatterns): (module: string) => Stated {
  const of = statedBy(settings, method, patterns);
  return (module) => {
    const [only = 'either', ...others] = new Set(namesOf(module).map(of));
    return others.length === 0 ? only : 'either';
  };
}

/** Multimodal models have different names in files and in memory, and a config can use either. */
function namesOf(module: string): string[] {
  const text = /^(?:language_model\.model|model\.language_model)\.(.*)$/.exec(module)?.[1];
  if (text === undefined) return [module];
  return ['language_model.model', 'model.language_model', 'model', 'language_model'].map(
    (prefix) => `${prefix}.${text}`,
  );
}

function statedBy(settings: ConfigSection, method: string, patterns: NamePatterns): (module: string) => Stated {
  switch (method) {
    case 'compressed-tensors': {
      const group = quantizationGroupFinder(settings, patterns);
      return (module) => (group(module)?.weights ? 'codes' : 'numbers');
    }
    case 'fp8':
    case 'mxfp8':
      return skipping(settings.modules_to_not_convert ?? settings.ignored_layers, patterns);
    case 'fbgemm_fp8':
    case 'awq':
      return skipping(settings.modules_to_not_convert, patterns);
    case 'mxfp4':
      // Only experts are ever quantized.
      return (module) => {
        const stated = skipping(settings.modules_to_not_convert, patterns)(module);
        return stated === 'codes' && !module.endsWith('experts') ? 'either' : stated;
      };
    case 'bitsandbytes':
      return skipping(settings.llm_int8_skip_modules, patterns);
    case 'gptq':
    case 'auto-round':
    case 'intel/auto-round': {
      const own = gptqSettings(settings, patterns);
      return (module) => (own(module) === null ? 'numbers' : 'codes');
    }
    case 'modelopt':
      return excluding([settings.exclude_modules, settings.ignore], isObject(settings.quantized_layers), patterns);
    default:
      return () => 'either';
  }
}

/** As in transformers' `should_convert_module`; other programs search the text anywhere in the name. */
function skipping(list: unknown, patterns: NamePatterns): (module: string) => Stated {
  const skipped = textsIn(list);
  return (module) => {
    const isSkipped = (name: string) =>
      module.endsWith(name) || patterns.compile(`(${name})(|\\..*)`, name).matches(module);
    if (skipped.some(isSkipped)) return 'numbers';
    return skipped.some((name) => module.includes(name)) ? 'either' : 'codes';
  };
}

/** ModelOpt's names have stars, and include everything inside a module. */
function excluding(lists: readonly unknown[], isMixed: boolean, patterns: NamePatterns): (module: string) => Stated {
  const excluded = lists.flatMap(textsIn).map((name) => {
    const parts = name.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return patterns.compile(`${parts.join('.*')}(\\..*)?`, name);
  });
  return (module) => {
    if (excluded.some((pattern) => pattern.matches(module))) return 'numbers';
    return isMixed ? 'either' : 'codes';
  };
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
