import { join } from 'node:path';
import { QUANTIZATION_KEYS, refuseQuantized } from '../../checkpoint/quantization.ts';
import { hasRecipes } from '../../checkpoint/tensor-value.ts';
import type { FullCheckpoint } from '../../checkpoint/types.ts';
import { UserError } from '../../platform/user-error.ts';
import { Config } from './config.ts';
import type { Decoder } from './decoder.ts';
import type { ModelFamily } from './families/family.ts';
import { MODEL_FAMILIES } from './families/index.ts';
import { NO_DECODERS, textConfigOf, VISION_LANGUAGE } from './vision-language.ts';

/** The `model_type` is none of those that are described here. */
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
  const file = gguf ? path : join(path, 'config.json');
  const modelType = config.model_type;
  refuseQuantized(checkpoint);
  if (typeof modelType !== 'string') throw new UnknownFamily(`${file} has no model_type`);
  const text = textConfigOf(modelType, config);
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
  const reader = configAs(family, text?.values ?? config, file);
  // That is said by the tensors: a config alone is refused.
  if (hasRecipes(checkpoint.tensors)) reader.ignore(...QUANTIZATION_KEYS);
  const decoder = family.describe(reader);
  reader.refuseUnread();
  // Such a class leaves out what the text-only class does to logits: Granite's scaling, Gemma 2's softcap, Phi's bias.
  return text?.hasPlainHead ? { ...decoder, head: { tied: decoder.head.tied, scale: 1, softcap: null } } : decoder;
}

/** A config as a family reads it. */
export function configAs(family: ModelFamily, values: Readonly<Record<string, unknown>>, file: string): Config {
  const { modelType, defaults, aliases } = family;
  return new Config({ modelType, file, values, defaults, ...(aliases && { aliases }) });
}

function supportedFamilies(): string {
  const names = [...MODEL_FAMILIES, ...VISION_LANGUAGE].map(({ modelType }) => modelType).sort();
  return `use a model of a supported type: ${names.join(', ')}`;
}
