import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { configOfParams, PARAMS_FILE, parseJsonObject } from '@shadow-gate/checkpoints/config';
import { type FullCheckpoint, QUANTIZATION_KEYS } from '@shadow-gate/checkpoints/formats';
import { CONSOLIDATED_FILE } from '@shadow-gate/checkpoints/hub';
import { type Decoder, describeDecoder, type Layer } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';

/**
 * Make sure that Mistral's params.json describes the same model as config.json: with `consolidated*.safetensors`, vLLM
 * reads it in place of config.json (`get_config`, 0.11).
 * @throws UserError for another model, and for a params.json that is not understood
 */
export async function refuseOtherParams(checkpoint: FullCheckpoint): Promise<void> {
  const { path, files, config, remote } = checkpoint;
  if (config === null || !(await stat(path)).isDirectory()) return;
  const names = remote?.names ?? (await readdir(path));
  // Without a config.json, params.json has been read in its place.
  if (!names.includes('config.json') || !names.some((name) => CONSOLIDATED_FILE.test(name))) return;
  const file = join(path, PARAMS_FILE);
  const text = await files.text(PARAMS_FILE);
  // Mamba has no such sizes.
  if (text === null || /^mamba/.test(String(config.model_type))) return;
  const difference = differenceOf(checkpoint, text, file);
  if (difference === null) return;
  throw new UserError(
    `${path}: vLLM reads ${PARAMS_FILE} in place of config.json next to consolidated.safetensors, and ${difference}`,
    `restore ${PARAMS_FILE}, or remove it with consolidated.safetensors`,
  );
}

function differenceOf(checkpoint: FullCheckpoint, text: string, file: string): string | null {
  try {
    const own = configOfParams(parseJsonObject(text, file), file);
    if (own === null) return 'it has not all of the sizes that Mistral writes there';
    if (isQuantized(own) !== isQuantized(checkpoint.config)) return 'only one of them says that weights are quantized';
    const [theirs, ours] = [describeDecoder({ ...checkpoint, config: own }), describeDecoder(checkpoint)];
    const place = firstDifference(computed(theirs), computed(ours));
    return place && `they describe other models (${place})`;
  } catch (error) {
    if (error instanceof UserError) return `it cannot be compared: ${error.problem}`;
    throw error;
  }
}

function isQuantized(config: FullCheckpoint['config']): boolean {
  return [config, config?.text_config as FullCheckpoint['config']].some((section) =>
    QUANTIZATION_KEYS.some((key) => (section?.[key] ?? null) !== null),
  );
}

/** The computation alone, without length limits and names in files. A window as long as any text counts as none. */
function computed({ maxLength, namings, spare, layers, ...decoder }: Decoder) {
  const unlimited = ({ mixer, ...layer }: Layer) => ({
    ...layer,
    mixer:
      mixer?.kind === 'attention' && typeof mixer.window === 'number' && mixer.window >= maxLength
        ? { ...mixer, window: null }
        : mixer,
  });
  return { ...decoder, layers: layers.map(unlimited) };
}

/** The place of the first difference, and its two values; null without one. */
function firstDifference(one: unknown, other: unknown, place = ''): string | null {
  // Only their names tell experts apart, so the first stands for all.
  if (typeof one === 'function' && typeof other === 'function') return firstDifference(one(0), other(0), place);
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return Object.is(one, other) ? null : `${place}: ${JSON.stringify(one)}, not ${JSON.stringify(other)}`;
  }
  const [ours, theirs] = [one, other] as Readonly<Record<string, unknown>>[];
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = firstDifference(ours?.[key], theirs?.[key], place === '' ? key : `${place}.${key}`);
    if (found !== null) return found;
  }
  return null;
}
