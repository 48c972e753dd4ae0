import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { UnknownFamily } from './architectures/describe-decoder.ts';
import { MODEL_FAMILIES } from './architectures/families/index.ts';
import { type Nearness, nearestFamily } from './nearest-family.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Do some work on a checkpoint that may be of an unknown family.
 * @throws UserError with the nearest family, the differences, and what else can be done
 */
export async function explainingUnknownFamilies<T>(checkpoint: FullCheckpoint, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UnknownFamily ? explainUnknownFamily(error, checkpoint) : error;
  }
}

function explainUnknownFamily(error: UnknownFamily, checkpoint: FullCheckpoint): UserError {
  const config = checkpoint.config ?? {};
  const text = objectOf(config.text_config);
  const classes = listOf(config.architectures);
  const names = [config.model_type, text?.model_type, ...classes].filter((name) => typeof name === 'string');
  const other = whyNoDecoder(config, classes);
  const nearest = other === null ? nearestFamily(checkpoint, text ?? config, names) : null;
  const matrices = countMatrices(checkpoint);
  const known =
    other ?? (nearest ? describeNearest(nearest) : 'none of the known families has even a quarter of its tensors');
  const ways = [
    ...(other === null ? ['ask it at a server that runs it (--endpoint)'] : []),
    ...(matrices === 0 ? [] : [`measure its spectra alone (--only spectra: ${count(matrices, 'matrix', 'matrices')})`]),
    ...(nearest ? ['describe the family (docs/lab-notes/adding-a-model.md)'] : []),
  ];
  return new UserError(`${error.problem}: ${known}`, joinOr(ways) || 'give a model that continues text', {
    code: 'unsupported-model',
    lines: [...(nearest ? differences(nearest) : []), ...ownCode(config), ...knownText(text)],
  });
}

/** Why the config is not that of a text decoder, or null. */
function whyNoDecoder(config: Values, classes: readonly string[]): string | null {
  if (config.is_encoder_decoder === true)
    return 'it has an encoder as well as a decoder, and only decoders are run here';
  const [name] = classes;
  if (name === undefined || /(CausalLM|ConditionalGeneration|LMHeadModel|ImageTextToText)$/.test(name)) return null;
  return config.auto_map === undefined ? `its class, ${name}, does not continue text` : null;
}

function describeNearest({ modelType, used, total, missing, keys }: Nearness): string {
  const parts = [
    `use ${used} of its ${total} tensors`,
    ...(missing.length === 0 ? [] : [`miss ${missing.length}`]),
    ...(keys.length === 0 ? [] : [`not understand ${count(keys.length, 'key', 'keys')} of its config`]),
  ];
  const last = parts.pop() ?? '';
  return `the nearest known family, ${modelType}, would ${parts.length > 0 ? `${parts.join(', ')} and ${last}` : last}`;
}

/** Differences in names, shapes and keys. */
function differences({ modelType, unused, missing, keys }: Nearness): string[] {
  const lines = [
    ...listed(`tensors that ${modelType} does not have`, patternsOf(unused)),
    ...listed(`tensors that ${modelType} has, and this file lacks or has in another shape`, patternsOf(missing)),
    ...listed(`keys of config.json that ${modelType} does not know`, keys),
  ];
  if (lines.length > 0) return lines;
  return [
    `it differs from ${modelType} neither in tensors nor in keys, and can still compute something else:`,
    `  if you know that it does not, set model_type to "${modelType}" in config.json`,
  ];
}

/** Names with `*` for layers and experts, each once. */
function patternsOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.replace(/\.\d+(?=\.|$)/g, '.*')))];
}

const MOST_SHOWN = 3;

function listed(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > MOST_SHOWN ? [`and ${items.length - MOST_SHOWN} more`] : [];
  return [`${title}:`, `  ${[...items.slice(0, MOST_SHOWN), ...more].join(', ')}`];
}

function ownCode({ auto_map: autoMap }: Values): string[] {
  const files = Object.values(objectOf(autoMap) ?? {}).flatMap((value) => (typeof value === 'string' ? value : []));
  const [first] = files;
  return first === undefined ? [] : [`what it computes is in code of its own (${first}), which is never run here`];
}

function knownText(text: Values | null): string[] {
  const type = text?.model_type;
  if (!MODEL_FAMILIES.some(({ modelType }) => modelType === type)) return [];
  return [`its text_config is of a known family, ${type}: the model around it is not known`];
}

/** Number of spectra that can be measured. */
function countMatrices(checkpoint: FullCheckpoint): number {
  try {
    return listMatrices(checkpoint).matrices.length;
  } catch (error) {
    // Why it cannot be measured is said by the command that measures.
    if (error instanceof UserError) return 0;
    throw error;
  }
}

function objectOf(value: unknown): Values | null {
  return isObject(value) ? value : null;
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function joinOr(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')}, or ${last}`;
}
