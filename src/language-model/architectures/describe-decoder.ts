import { join } from 'node:path';
import type { FullCheckpoint } from '../../checkpoint/types.ts';
import { UserError } from '../../platform/user-error.ts';
import { Config } from './config.ts';
import type { Decoder } from './decoder.ts';
import { MODEL_FAMILIES } from './families/index.ts';
import { quantisationOf } from './quantization.ts';
import { textHalf, VISION_LANGUAGE } from './vision-language.ts';

/**
 * What the checkpoint's config.json describes.
 * @throws UserError for a family that is not known (with those that are), a quantised checkpoint, or a key of the config
 *   that may change the arithmetic and that the family does not know
 */
export function describeDecoder(checkpoint: FullCheckpoint): Decoder {
  const { config, path } = checkpoint;
  if (!config) throw new UserError(`${path} has no config.json`, 'give the directory of the checkpoint');
  const file = join(path, 'config.json');
  const modelType = config.model_type;
  if (typeof modelType !== 'string') throw new UserError(`${file} has no model_type`, knownFamilies());
  const quantisation = quantisationOf(checkpoint);
  if (quantisation !== null) {
    throw new UserError(
      `${path} is quantised (${quantisation}), and only float32, float16 and bfloat16 weights are run`,
      'give the checkpoint that it was made from',
    );
  }
  const text = textHalf(modelType, config);
  const name = text?.modelType ?? modelType;
  const family = MODEL_FAMILIES.find((item) => item.modelType === name);
  if (!family) {
    const half = text === null ? '' : `, whose text half is ${JSON.stringify(text.modelType)},`;
    throw new UserError(`${file}: model_type ${JSON.stringify(modelType)}${half} is not supported`, knownFamilies());
  }
  const reader = new Config(name, file, text?.values ?? config, family.defaults, family.aliases);
  const decoder = family.describe(reader);
  reader.refuseUnread();
  return decoder;
}

function knownFamilies(): string {
  const names = [...MODEL_FAMILIES, ...VISION_LANGUAGE].map(({ modelType }) => modelType).sort();
  return `supported: ${names.join(', ')}`;
}
