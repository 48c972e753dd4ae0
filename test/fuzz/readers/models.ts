import { openReference } from '@shadow-gate/checkpoints';
import { describeDecoder } from '@shadow-gate/language-model';
import { openTokenizer, renderChat } from '@shadow-gate/language-model/tokens';
import type { Fuzzer } from '../fuzzer.ts';
import { single, textOf, writeInput } from '../input.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { mutateText } from '../mutate/text.ts';
import { seedBytes, seedJson } from '../seeds.ts';

const FAMILIES = [
  'llama',
  'gemma3',
  'gpt2',
  'qwen3-moe',
  'phi3-longrope',
  'llama-yarn',
  'falcon',
  'mixtral',
  'granite',
  'llava',
];

/** Keys of a config that change what is computed, with values that are nearly right. */
const KEYS: ReadonlyArray<readonly [string, unknown]> = [
  ['num_hidden_layers', 10 ** 9],
  ['num_attention_heads', 7],
  ['num_key_value_heads', 0],
  ['head_dim', 2 ** 31],
  ['vocab_size', 1e12],
  ['num_local_experts', 1e9],
  ['num_experts_per_tok', 99],
  ['max_position_embeddings', 1e15],
  ['rope_theta', 0],
  ['rope_scaling', { rope_type: 'yarn', factor: 1e300 }],
  ['rope_parameters', { rope_type: 'llama3' }],
  ['rms_norm_eps', Number.NaN],
  ['hidden_act', 'swish; rm -rf'],
  ['layer_types', Array.from({ length: 100_000 }, () => 'full_attention')],
  ['sliding_window', -5],
  ['quantization_config', { quant_method: 'x' }],
  ['model_type', 'toString'],
  ['tie_word_embeddings', 'yes'],
  ['attention_bias', true],
];

export const config: Fuzzer = {
  name: 'config',
  about: 'config.json, and the decoder that it describes',
  make: (random) => {
    const family = random.pick(FAMILIES);
    const known = seedJson('test/fixtures/language-models', family, 'config.json') as Record<string, unknown>;
    const [key, value] = random.pick(KEYS);
    const edited = random.int(0, 1) === 0 ? { ...known, [key]: value } : mutateJson(known, random);
    return {
      'config.json': jsonBytes(edited, random),
      'model.safetensors': seedBytes('test/fixtures/language-models', family, 'model.safetensors'),
    };
  },
  run: async (input, folder) => {
    writeInput(input, folder);
    const checkpoint = await openReference(folder);
    describeDecoder(checkpoint);
  },
};

const TOKENIZERS = ['gemma', 'gpt2', 'llama2', 'llama3'];
/** Texts as probes have them. */
const TEXTS = [
  'Q : what is the color of vufe ? A ) pink',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
  '',
  ' ',
  '𝒳 \u001b é\n\n',
  '123456789 '.repeat(40),
];
const RULES: readonly unknown[] = [
  { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
  { type: 'Split', pattern: { Regex: '(?<!x)(.*a){12}!' }, behavior: 'Removed', invert: true },
  { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(2000) },
  { type: 'Replace', pattern: { Regex: '' }, content: 'xx' },
  {
    type: 'Sequence',
    normalizers: Array.from({ length: 8 }, () => ({ type: 'Replace', pattern: { String: 'a' }, content: 'aaaaaaaa' })),
  },
  { type: 'Sequence', pretokenizers: [{ type: 'ByteLevel', add_prefix_space: false }] },
  { type: 'Prepend', prepend: '▁'.repeat(100_000) },
  { type: 'Precompiled', precompiled_charsmap: 'AAAA' },
  { type: 'Unknown' },
];

export const tokenizer: Fuzzer = {
  name: 'tokenizer',
  isStopped: true,
  about: 'tokenizer.json and tokenizer_config.json, and texts that are encoded with them',
  make: (random) => {
    const name = random.pick(TOKENIZERS);
    const json = seedJson('packages/language-model/test/fixtures/tokenizers', name, 'tokenizer.json') as Record<
      string,
      unknown
    >;
    const settings = seedJson('packages/language-model/test/fixtures/tokenizers', name, 'tokenizer_config.json');
    const part = random.pick(['normalizer', 'pre_tokenizer', 'decoder', 'post_processor', 'added_tokens']);
    const edited = random.pick<() => unknown>([
      () => ({ ...json, [part]: random.pick(RULES) }),
      () => ({ ...json, [part]: mutateJson(json[part], random) }),
      () => ({ ...json, model: mutateJson(json.model, random) }),
      () => mutateJson(json, random),
    ])();
    return {
      'tokenizer.json': jsonBytes(edited, random),
      'tokenizer_config.json':
        random.int(0, 3) === 0 ? jsonBytes(mutateJson(settings, random), random) : jsonBytes(settings, random),
    };
  },
  run: async (input, folder) => {
    writeInput(input, folder);
    const opened = await openTokenizer(folder);
    try {
      for (const text of TEXTS)
        opened.decode(opened.encode(text, { addSpecialTokens: true }), { skipSpecialTokens: true });
    } finally {
      await opened.close?.();
    }
  },
};

const SNIPPETS = [
  '{% for i in range(90000) %}{% for j in range(90000) %}x{% endfor %}{% endfor %}',
  '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
  '{{ "a" * 1000000000 }}',
  '{{ messages | tojson }}',
  '{{ raise_exception("::error::x") }}',
  '{% set x = namespace(a=[]) %}',
  '{{ messages[0].content.constructor }}',
  '{{ bos_token }}',
  '{%',
  '{{ ('.repeat(2000),
  '{% if true %}',
  '{{ range(100000) | join("x" * 100) }}',
  '{{ strftime_now("%Q") }}',
];

export const chatTemplate: Fuzzer = {
  name: 'chat-template',
  isStopped: true,
  about: 'chat templates',
  make: (random) => {
    const chats = seedJson('packages/language-model/test/fixtures/tokenizers/chats.json');
    const templates = [...JSON.stringify(chats).matchAll(/"(?:chat_)?template":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, text = '']) => JSON.parse(`"${text}"`) as string,
    );
    const seed = templates.length > 0 ? random.pick(templates) : SIMPLE;
    return single(mutateText(random.int(0, 1) === 0 ? seed : SIMPLE, SNIPPETS, random));
  },
  run: (input) =>
    renderChat([{ role: 'user', content: 'Hi' }], {
      template: textOf(input),
      specialTokens: { bos_token: '<s>', eos_token: '</s>' },
      addGenerationPrompt: true,
      now: new Date(0),
      where: 'requests.jsonl:1',
    }),
};

const SIMPLE = `{{ bos_token }}{% for message in messages %}
{% if message['role'] == 'system' and not loop.first %}{{ raise_exception('system first') }}{% endif %}
<|{{ message.role }}|>{{ message['content'] | trim }}{{ eos_token }}
{%- endfor %}
{% if add_generation_prompt %}<|assistant|>{% endif %}`;
