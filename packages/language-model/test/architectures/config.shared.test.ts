import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { Config } from '../../src/architectures/config.ts';

const configOf = (
  values: Record<string, unknown>,
  defaults: Record<string, unknown> = {},
  aliases: Record<string, string> = {},
) => new Config({ modelType: 'llama', file: '/m/config.json', values, defaults, aliases });

describe('Config', () => {
  it("uses the family's default for a missing key", () => {
    const config = configOf({ a: 3, yes: false }, { a: 1, b: 2, yes: true, no: false });
    expect([config.number('a'), config.number('b')]).toEqual([3, 2]);
    expect([config.boolean('yes'), config.boolean('no')]).toEqual([false, false]);
    expect(() => config.number('c')).toThrow('/m/config.json: c is missing');
    expect(() => config.boolean('c')).toThrow('c is null, neither true nor false');
  });

  it('distinguishes null from a missing key if null has a meaning', () => {
    // "sliding_window": null is no window; without the key Mistral has one of 4096.
    const config = configOf({ sliding_window: null }, { sliding_window: 4096, other_window: 4096 });
    expect(config.numberOrNull('sliding_window')).toBeNull();
    expect(config.numberOrNull('other_window')).toBe(4096);
    expect(config.numberOrNull('third_window')).toBeNull();
  });

  it('uses the default for a missing key only: null is a value', () => {
    expect(configOf({}, { a: 5 }).number('a')).toBe(5);
    expect(() => configOf({ a: null }, { a: 5 }).number('a')).toThrow(/a is null/);
    expect(() => configOf({ a: null }, { a: true }).boolean('a')).toThrow(/a is null, neither true nor false/);
    expect(() => configOf({ a: Number.NaN }, { a: 5 }).number('a')).toThrow(/a is NaN, not a number/);
  });

  it('finds a key by another name, and refuses two names with different values', () => {
    const aliases = { n_embd: 'hidden_size' };
    expect(configOf({ n_embd: 8 }, {}, aliases).number('hidden_size')).toBe(8);
    expect(configOf({ n_embd: 8, hidden_size: 8 }, {}, aliases).number('hidden_size')).toBe(8);
    expect(() => configOf({ n_embd: 8, hidden_size: 9 }, {}, aliases)).toThrow(UserError);
    // Property names of JavaScript objects are not aliases.
    expect(() => configOf({ constructor: 8 }, {}, aliases).refuseUnread()).toThrow(/"constructor": 8/);
  });

  it.each<[string, (config: Config) => unknown, unknown, RegExp]>([
    ['text for a number', (config) => config.number('x'), '8', /x is "8", not a number/],
    ['a list for a number', (config) => config.optionalNumber('x'), [8], /x is \[8\], not a number/],
    ['a half for a size', (config) => config.size('x'), 1.5, /x is 1.5, not a positive integer/],
    ['nothing for a size', (config) => config.size('x'), 0, /x is 0, not a positive integer/],
    ['a number for a boolean', (config) => config.boolean('x'), 1, /x is 1, neither true nor false/],
    ['a list for an object', (config) => config.object('x'), [], /x is not an object/],
    ['text for an object', (config) => config.object('x'), 'yarn', /x is not an object/],
    ['an object for a list', (config) => config.list('x'), {}, /x is not a list/],
    [
      'an unknown activation',
      (config) => config.activation('x'),
      'mish',
      /x "mish" is not supported — use a model with one of silu, gelu, /,
    ],
    ['no activation', (config) => config.activation('x'), null, /x null is not supported/],
    [
      'another value than the supported one',
      (config) => config.expect('x', false, 'only decoders are built'),
      true,
      /x is true: only decoders are built/,
    ],
  ])('refuses %s', (_, read, value, pattern) => {
    const run = () => read(configOf({ x: value }));
    expect(run).toThrow(UserError);
    expect(run).toThrow(pattern);
  });

  it('knows the names of activations in checkpoints', () => {
    const of = (name: string) => configOf({ x: name }).activation('x');
    // ACT2FN of transformers: gelu_new, gelu_fast and gelu_pytorch_tanh are one formula, gelu is the exact one.
    expect(['gelu_new', 'gelu_fast', 'gelu_pytorch_tanh'].map(of)).toEqual(['gelu_tanh', 'gelu_tanh', 'gelu_tanh']);
    expect(['gelu', 'silu', 'swish', 'relu', 'relu2', 'quick_gelu'].map(of)).toEqual([
      'gelu',
      'silu',
      'silu',
      'relu',
      'relu_squared',
      'quick_gelu',
    ]);
    // Names that only this program uses are refused.
    expect(() => of('gelu_tanh')).toThrow(UserError);
  });
});

describe('refuseUnread', () => {
  it('names each unknown key, its value, and the family', () => {
    const config = configOf({ read: 1, logit_scale: 0.25, attn_multiplier: [1, 2] });
    config.number('read');
    expect(() => config.refuseUnread()).toThrow(
      '/m/config.json: "attn_multiplier": [1,2], "logit_scale": 0.25 may change what llama computes, and is not supported',
    );
    expect(() => config.refuseUnread()).toThrow(UserError);
  });

  it('names at most five keys, and shortens long values', () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`key_${i}`, i + 1]));
    expect(() => configOf(many).refuseUnread()).toThrow(/"key_4": 5 and 2 more may/);
    const long = { factors: Array<number>(500).fill(1) };
    expect(() => configOf(long).refuseUnread()).toThrow(/^.{1,200}$/);
  });

  it('accepts features that are turned off, and keys that do not affect the logits', () => {
    const config = configOf({
      use_moba_attention: false,
      some_scaling: null,
      other_scaling: 0,
      torch_dtype: 'bfloat16',
      _name_or_path: 'x',
      unsloth_version: '2025',
      im_start_token_id: 5,
      attention_dropout: 0.1,
      architectures: ['LlamaForCausalLM'],
    });
    expect(() => config.refuseUnread()).not.toThrow();
    // An empty string is a value.
    expect(() => configOf({ some_scaling: '' }).refuseUnread()).toThrow(/"some_scaling": ""/);
  });

  it('refuses to turn off causal attention, which is on by default', () => {
    expect(() => configOf({ is_causal: true }).refuseUnread()).not.toThrow();
    expect(() => configOf({ is_causal: false }).refuseUnread()).toThrow(/"is_causal": false may change what llama/);
    expect(() => configOf({ is_causal: null }).refuseUnread()).toThrow(/"is_causal": null may change/);
  });

  it("accepts keys that the family's code ignores", () => {
    const config = configOf({ n_ctx: 1024 });
    config.ignore('n_ctx');
    expect(() => config.refuseUnread()).not.toThrow();
  });
});
