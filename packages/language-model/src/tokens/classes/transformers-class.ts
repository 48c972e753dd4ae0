import { noTokenizer } from '../no-tokenizer.ts';

/**
 * The class with which transformers 5.24's AutoTokenizer opens a checkpoint (models/auto/tokenization_auto.py). Most
 * read tokenizer.json as it is. These build normalizer, pre-tokenizer, decoder and model options themselves, and take
 * only the vocabulary, the merges and the post-processor from it.
 */
const BUILT_CLASSES = [
  'CodeGenTokenizer',
  'CodeLlamaTokenizer',
  'CohereTokenizer',
  'GemmaTokenizer',
  'GPT2Tokenizer',
  'GPTNeoXTokenizer',
  'LlamaTokenizer',
  'Qwen2Tokenizer',
  'Qwen3_5Tokenizer',
] as const;
export type BuiltClass = (typeof BUILT_CLASSES)[number];

/** Other classes of transformers 5.24 that do so, for models that do not run here, and those without tokenizer.json. */
const OTHER_CLASSES = new Set(
  `Albert Bart Barthez Bartpho Bert BertGeneration BertJapanese Bertweet BigBird BioGpt Blenderbot BlenderbotSmall ByT5 CLIP CTRL
  Camembert Canine Clvp Cpm CpmAnt DPRContextEncoder DPRQuestionEncoder DPRReader Deberta DebertaV2 Dia DistilBert Esm Esmc FSMT
  FastSpeech2Conformer Flaubert Funnel GPTNeoXJapanese GPTSw3 Herbert Lasr LayoutLMv2 LayoutLMv3 LayoutXLM Luke M2M100 MBart MBart50
  MLuke MPNet Marian MarkupLM Mgpstr MobileBert MyT5 Nllb Nougat OpenAIGPT PLBart Pegasus Perceiver Phobert ProphetNet Rag Reformer
  RemBert RoCBert RoFormer Roberta SeamlessM4T Siglip Siglip2 Speech2Text SpeechT5 Splinter SqueezeBert T5 Tapas Tipsv2 Udop
  VideoPrism Vits Wav2Vec2CTC Wav2Vec2PhonemeCTC Whisper XGLM XLM XLMRoberta XLNet`
    .split(/\s+/)
    .map((name) => `${name}Tokenizer`),
);

/** transformers' class for each registered `model_type`: null reads tokenizer.json as it is. */
const REGISTERED: ReadonlyMap<string, BuiltClass | null> = new Map(
  (
    [
      ['CodeLlamaTokenizer', 'code_llama'],
      ['CohereTokenizer', 'aya_vision cohere cohere2'],
      [
        'GemmaTokenizer',
        'diffusion_gemma gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma shieldgemma2 t5gemma zaya',
      ],
      [
        'GPT2Tokenizer',
        'blip-2 codegen dbrx emu3 gpt2 gpt_neo gptj hyperclovax_vision_v2 instructblip instructblipvideo jais2 opt phi starcoder2',
      ],
      ['GPTNeoXTokenizer', 'falcon_mamba gpt_neox mamba mamba2 mpt olmo olmoe rwkv xlstm'],
      ['LlamaTokenizer', 'idefics idefics2'],
      [
        'Qwen2Tokenizer',
        'audioflamingo3 colqwen2 cosmos3_omni dots3_note hunyuan_vl internvl lighton_ocr moss_transcribe_diarize ovis2 qianfan_ocr qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl qwen3 qwen3_asr qwen3_moe qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe vibevoice',
      ],
      ['Qwen3_5Tokenizer', 'qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen4_exp'],
      [
        null,
        'aria arctic ernie4_5 ernie4_5_moe flex_olmo fuyu glm glm4 glm4_moe glm4_moe_lite glm4v glm4v_moe got_ocr2 gpt_bigcode granite granitemoe granitemoehybrid granitemoeshared h2ovl_chat hyperclovax hyperclovax_vlm internlm2 internlm3 iquestcoder jamba kimi_k25 kimi_linear llava llava_next mimo_v2_flash minicpm3 minicpmv minicpmv4_6 minicpmv4_7 minimax_m2 ministral ministral3 mistral mistral3 mistral_large4 mixtral molmo molmo2 nemotron olmo2 olmo3 olmo_hybrid opencua openvla persimmon phi3 phi3_v phimoe pixtral smolvlm stablelm step3_vl vipllava voxtral voxtral_realtime',
      ],
    ] satisfies ReadonlyArray<readonly [BuiltClass | null, string]>
  ).flatMap(([name, types]) => types.split(' ').map((type): [string, BuiltClass | null] => [type, name])),
);

/** Model types that use their own class, whatever their tokenizer_config.json says. */
const STATED_WRONGLY = new Set(
  'arctic ernie4_5 ernie4_5_moe fuyu h2ovl_chat hyperclovax hyperclovax_vlm hyperclovax_vision_v2 internlm2 internlm3 iquestcoder jamba llava llava_next minicpm3 minicpmv minimax_m2 molmo molmo2 nemotron opencua openvla phi3 phi3_v phimoe qwen2 qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen4_exp step3_vl vipllava smolvlm'.split(
    ' ',
  ),
);

interface ClassSources {
  /** The source of the class name, for errors. */
  readonly file: string;
  /** `tokenizer_class` of tokenizer_config.json. */
  readonly stated: string | null;
  /** `tokenizer_class` of config.json. */
  readonly statedByModel: string | null;
  readonly modelType: string | null;
  /** Does `auto_map` name a class of the checkpoint's own? */
  readonly ownCode: boolean;
  /** Does tokenizer.json have "ByteLevel" anywhere? */
  readonly byteLevel: boolean;
}

/** @returns null for a class that reads tokenizer.json as it is @throws UserError for an unknown class */
export function tokenizerClass(sources: ClassSources): BuiltClass | null {
  const { stated, statedByModel, modelType, ownCode, byteLevel } = sources;
  const named = bare(stated ?? statedByModel);
  const wrong = STATED_WRONGLY.has(modelType ?? '');
  const registered = REGISTERED.get(modelType ?? '');
  if (ownCode && !wrong && registered === undefined && !isKnown(named)) {
    throw noTokenizer(`${sources.file} names code of the checkpoint's own (auto_map)`, HINT);
  }
  if (!ownCode) {
    if (named === 'LlamaTokenizer' && !wrong && byteLevel) return null;
    if (named !== null && registered !== undefined && named !== (registered ?? 'TokenizersBackend')) {
      return registered === null ? null : find(wrong ? registered : named, sources);
    }
  }
  if (named !== null) return find(named, sources);
  return registered ?? null;
}

const HINT = 'score token ids, or serve the model and use --endpoint';

function bare(name: string | null): string | null {
  return name === null || name === '' ? null : name.replace(/Fast$/, '');
}

function isKnown(name: string | null): boolean {
  return name !== null && ((BUILT_CLASSES as readonly string[]).includes(name) || OTHER_CLASSES.has(name));
}

function find(name: string, { file }: ClassSources): BuiltClass | null {
  if (OTHER_CLASSES.has(name)) throw noTokenizer(`${file}: the tokenizer class ${name} is not supported`, HINT);
  // A class that transformers does not know reads tokenizer.json as it is.
  return BUILT_CLASSES.find((own) => own === name) ?? null;
}
