import type { FullCheckpoint } from '../../checkpoint/types.ts';

/** Names of methods in messages. */
const METHODS = new Map([
  ['gptq', 'GPTQ'],
  ['awq', 'AWQ'],
  ['fp8', 'FP8'],
]);

/** Tensors that only quantized checkpoints have. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/\.qzeros$/, 'GPTQ or AWQ'],
  [/\.qweight$/, 'GPTQ or AWQ'],
  [/\.SCB$/, 'bitsandbytes, 8-bit'],
  [/\.(absmax|quant_map|quant_state\..*)$/, 'bitsandbytes, 4-bit'],
  [/\.weight_packed$/, 'compressed-tensors'],
];

/**
 * The quantization method of the weights, according to config.json or to the names of the tensors.
 * @returns null for weights that are not quantized
 */
export function quantizationOf({ config, tensors }: FullCheckpoint): string | null {
  for (const values of [config, config?.text_config]) {
    const quantization = (values as Record<string, unknown> | null | undefined)?.quantization_config;
    if (typeof quantization === 'object' && quantization !== null) {
      return describeMethod(quantization as Record<string, unknown>);
    }
  }
  for (const name of tensors.keys()) {
    const mark = MARKS.find(([pattern]) => pattern.test(name));
    if (mark) return mark[1];
  }
  return null;
}

function describeMethod(settings: Record<string, unknown>): string {
  const isBits = settings.load_in_4bit === true || settings.load_in_8bit === true;
  const written = String(settings.quant_method ?? (isBits ? 'bitsandbytes' : 'unknown method'));
  const method = METHODS.get(written) ?? written;
  const bits = settings.bits ?? (settings.load_in_4bit === true ? 4 : settings.load_in_8bit === true ? 8 : null);
  return bits === null ? method : `${method}, ${bits}-bit`;
}
