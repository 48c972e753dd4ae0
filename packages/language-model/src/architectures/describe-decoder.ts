import { join } from 'node:path';
import { type FullCheckpoint, QUANTIZATION_KEYS, refuseQuantized } from '@shadow-gate/checkpoints/formats';
import { hasRecipes } from '@shadow-gate/checkpoints/tensors';
import { given, UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { Config } from './config.ts';
import type { Decoder } from './decoder.ts';
import { LLAMA_DEFAULTS, type ModelFamily } from './families/family.ts';
import { MODEL_FAMILIES } from './families/index.ts';
import { type ConfigKeys, KeyTypes, RESTORE } from './key-types.ts';
import { ropeType } from './rope.ts';
import { findTextConfig, NO_DECODERS, VISION_LANGUAGE } from './vision-language.ts';

export class UnknownFamily extends UserError {
  constructor(message: string) {
    super(message, supportedFamilies(), { code: 'unsupported-model' });
  }
}

/**
 * The decoder that the checkpoint's config.json describes.
 * @throws UserError for a quantized checkpoint, and for an unknown key that may change the arithmetic
 * @throws UnknownFamily with a list of the known ones
 */
export function describeDecoder(checkpoint: FullCheckpoint): Decoder {
  const { config, path, gguf } = checkpoint;
  if (gguf && gguf.notRun !== null) throw new UnknownFamily(`${path}: ${gguf.notRun}`);
  if (!config) throw new UserError(`${path} has no config.json`, 'give the directory of the checkpoint');
  refuseQuantized(checkpoint);
  // That is said by the tensors: a config alone is refused.
  const ignored = hasRecipes(checkpoint.tensors) ? QUANTIZATION_KEYS : [];
  return decoderOfConfig(config, gguf ? path : join(path, 'config.json'), ignored).decoder;
}

export interface DescribedConfig {
  readonly decoder: Decoder;
  readonly reader: Config;
}

/**
 * The decoder that a config describes, whatever the tensors are.
 * @param ignored keys that are read elsewhere
 * @throws UserError as `describeDecoder` does
 */
export function decoderOfConfig(
  config: Readonly<Record<string, unknown>>,
  file: string,
  ignored: readonly string[] = [],
): DescribedConfig {
  const modelType = config.model_type;
  if (typeof modelType !== 'string') throw new UnknownFamily(`${file} has no model_type`);
  const text = findTextConfig(modelType, config);
  const name = text?.modelType ?? modelType;
  const family = MODEL_FAMILIES.find((item) => item.modelType === name);
  if (Object.hasOwn(NO_DECODERS, modelType)) {
    throw new UserError(
      `${file}: model_type ${JSON.stringify(modelType)} is not supported: ${NO_DECODERS[modelType]}`,
      supportedFamilies(),
    );
  }
  if (!family) {
    const part = text === null ? '' : ` with text model ${JSON.stringify(text.modelType)}`;
    throw new UnknownFamily(`${file}: model_type ${JSON.stringify(modelType)}${part} is not supported`);
  }
  const whole = VISION_LANGUAGE.find((item) => item.modelType === modelType) ?? family;
  typesOf(whole).expect(config, file);
  if (isObject(config.text_config)) {
    typesOf(family).expect(config.text_config, file, { isText: true });
    refuseBesideText(config, config.text_config, file);
  }
  const reader = configAs(family, text?.values ?? config, file);
  reader.ignore(...ignored);
  const decoder = family.describe(reader);
  reader.refuseUnread();
  // Such a class leaves out what the text-only class does to logits: Granite's scaling, Gemma 2's softcap, Phi's bias.
  const head = text?.hasPlainHead ? { tied: decoder.head.tied, scale: 1, softcap: null } : decoder.head;
  return { decoder: { ...decoder, head }, reader };
}

/** Types of scaling that transformers cannot interpret outside a text_config; it ignores the others. */
const INSIDE_ONLY = new Set<unknown>(['llama3', 'longrope', 'yarn']);

function refuseBesideText(
  config: Readonly<Record<string, unknown>>,
  text: Readonly<Record<string, unknown>>,
  file: string,
): void {
  const key = ['rope_scaling', 'rope_parameters'].find((name) => {
    const parameters = config[name];
    return isObject(parameters) && INSIDE_ONLY.has(ropeType(parameters));
  });
  if (key !== undefined) throw new UserError(`${file}: ${key} is outside text_config`, 'move it into text_config');
  // These classes put it in place of image tokens.
  if (text.pad_token_id === null && /^gemma4/.test(String(config.model_type))) {
    throw new UserError(`${file}: pad_token_id of text_config is null`, RESTORE);
  }
}

/** A config as a family reads it. */
export function configAs(family: ModelFamily, values: Readonly<Record<string, unknown>>, file: string): Config {
  const { modelType, aliases } = family;
  const defaults = { ...LLAMA_DEFAULTS, ...family.defaults };
  return new Config({ modelType, file, values, defaults, types: typesOf(family), ...given({ aliases }) });
}

function typesOf({ keys = {} }: { readonly keys?: ConfigKeys }): KeyTypes {
  return new KeyTypes(keys, OF_FAMILIES);
}

const OF_FAMILIES = MODEL_FAMILIES.flatMap(({ keys }) => (keys?.types ? [keys.types] : []));

function supportedFamilies(): string {
  const names = [...MODEL_FAMILIES, ...VISION_LANGUAGE].map(({ modelType }) => modelType).sort();
  return `use a model of a supported type: ${names.join(', ')}`;
}
