import { describe, expect, it } from 'vitest';
import { describeDecoder } from '../../../src/language-model/architectures/describe-decoder.ts';
import { quantizationOf } from '../../../src/language-model/architectures/quantization.ts';
import { UserError } from '../../../src/platform/user-error.ts';
import { checkpointOf } from './checkpoint-of.ts';

const withConfig = (quantization_config: unknown) => checkpointOf({ model_type: 'llama', quantization_config });
const withTensor = (name: string) => checkpointOf({ model_type: 'llama' }, { [name]: [1] });

describe('a quantized checkpoint', () => {
  it.each<[string, ReturnType<typeof checkpointOf>]>([
    ['GPTQ, 4-bit', withConfig({ quant_method: 'gptq', bits: 4, group_size: 128 })],
    ['AWQ, 4-bit', withConfig({ quant_method: 'awq', bits: 4, zero_point: true })],
    ['bitsandbytes, 4-bit', withConfig({ quant_method: 'bitsandbytes', load_in_4bit: true, load_in_8bit: false })],
    ['bitsandbytes, 8-bit', withConfig({ load_in_8bit: true })],
    ['FP8', withConfig({ quant_method: 'fp8' })],
    ['unknown method', withConfig({ something: 1 })],
    [
      'GPTQ, 3-bit',
      checkpointOf({ model_type: 'llava', text_config: { quantization_config: { quant_method: 'gptq', bits: 3 } } }),
    ],
    // If config.json does not name the method, the tensors show it.
    ['GPTQ or AWQ', withTensor('model.layers.0.self_attn.q_proj.qweight')],
    ['GPTQ or AWQ', withTensor('model.layers.0.self_attn.q_proj.qzeros')],
    ['bitsandbytes, 8-bit', withTensor('model.layers.0.self_attn.q_proj.SCB')],
    ['bitsandbytes, 4-bit', withTensor('model.layers.0.self_attn.q_proj.weight.absmax')],
    ['bitsandbytes, 4-bit', withTensor('model.layers.0.mlp.up_proj.weight.quant_state.bitsandbytes__nf4')],
    ['compressed-tensors', withTensor('model.layers.0.mlp.up_proj.weight_packed')],
  ])('is refused with the name of its quantization: %s', (method, checkpoint) => {
    expect(quantizationOf(checkpoint)).toBe(method);
    const run = () => describeDecoder(checkpoint);
    expect(run).toThrow(UserError);
    expect(run).toThrow(`/m is quantized (${method}), and only float32, float16 and bfloat16 weights can be run`);
  });

  it('is refused as quantized even if its family is not supported either', () => {
    const run = () =>
      describeDecoder(checkpointOf({ model_type: 'mamba', quantization_config: { quant_method: 'awq' } }));
    expect(run).toThrow(/quantized \(AWQ\)/);
  });

  it('is not one with plain weights', () => {
    expect(quantizationOf(withTensor('model.embed_tokens.weight'))).toBeNull();
    expect(quantizationOf(withConfig(null))).toBeNull();
  });
});
