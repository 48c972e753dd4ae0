import { at } from '@shadow-gate/platform';
import {
  ATTENTION_PARTS,
  AUDIO_PARTS,
  BY_LEAF,
  IN_ATTENTION,
  IN_LINEAR_ATTENTION,
  IN_MLP,
  IN_NGRAMS,
  IN_RECURRENT,
  LAYER_LISTS,
  MLP_PARTS,
  MTP_PART,
  PATCHES,
  POSITIONS,
  PROJECTOR_PARTS,
  RECURRENT_PARTS,
  VISION_PARTS,
} from './module-names.ts';
import type { Component, ModuleType } from './module-type.ts';

export interface TensorPlace {
  readonly module: ModuleType;
  readonly layer: number | null;
  readonly expert: number | null;
  readonly component: Component | null;
}

/** `model.layers.3.mlp.up_proj.weight` → its dotted parts without the closing `weight`. */
function parts(tensorName: string): string[] {
  return tensorName.replace(/\.weight$/, '').split('.');
}

export function isMultimodalName(tensorName: string): boolean {
  const isOther = (part: string) => VISION_PARTS.has(part) || AUDIO_PARTS.has(part) || part === 'multi_modal_projector';
  return parts(tensorName).some(isOther);
}

export function isInVision(tensorName: string): boolean {
  return parts(tensorName).some((part) => VISION_PARTS.has(part));
}

export interface ModelKind {
  /** The tensors of a vision-language model have a component. */
  readonly multimodal: boolean;
  /** Numbers of the layers that predict further tokens: see `mtpLayers`. */
  readonly mtpLayers?: ReadonlySet<number> | undefined;
}

export function tensorPlace(tensorName: string, { multimodal, mtpLayers }: ModelKind): TensorPlace {
  const path = parts(tensorName);
  const layer = numberAfter(path, LAYER_LISTS);
  const component = multimodal ? componentOf(path) : null;
  const isOfText = component === (multimodal ? 'language' : null);
  const isMtp = isOfText && (path.some((part) => MTP_PART.test(part)) || (layer !== null && mtpLayers?.has(layer)));
  return {
    module: moduleOf(path),
    layer,
    expert: numberAfter(path, new Set(['experts'])),
    component: isMtp ? 'mtp' : component,
  };
}

function moduleOf(path: readonly string[]): ModuleType {
  const leaf = at(path, path.length - 1);
  // A linear layer inside another module: with limits of its values in Gemma's towers.
  if (leaf === 'linear' && path.length > 1) return moduleOf(path.slice(0, -1));
  return specialModule(path, leaf) ?? BY_LEAF.get(leaf) ?? moduleByParent(path, leaf) ?? moduleOfTower(path) ?? 'other';
}

function specialModule(path: readonly string[], leaf: string): ModuleType | null {
  const parent = path.at(-2) ?? '';
  if (path.includes('indexer')) return 'indexer';
  if (leaf === 'gate_proj' && (ATTENTION_PARTS.has(parent) || parent === 'compressor')) return 'attention_gate';
  if (parent === 'linear_attn') return IN_LINEAR_ATTENTION.get(leaf) ?? IN_RECURRENT.get(leaf) ?? null;
  if (parent === 'ple') return IN_NGRAMS.get(leaf) ?? null;
  if (parent === 'ngram_embedding') return 'embed';
  // Layers of multi-token prediction: Qwen, ERNIE.
  if ((leaf === 'fc' && parent === 'mtp') || parent === 'mtp_linear_proj') return 'mtp_proj';
  // Granite, Gemma 4, LongCat.
  if (parent === 'router' && ['layer', 'proj', 'classifier'].includes(leaf)) return 'router';
  if (leaf === 'fn' && ['attn_hc', 'ffn_hc'].includes(parent)) return 'residual_mix';
  if (['laurel', 'altup', 'altup_projections', 'altup_unembed_projections'].includes(parent)) return 'residual_mix';
  return null;
}

function moduleByParent(path: readonly string[], leaf: string): ModuleType | null {
  const parent = path.at(-2) ?? '';
  // The original Llama layout: `output.weight` at the top is the head.
  if (leaf === 'output' && (path.length === 1 || parent === 'language_model')) return 'lm_head';
  // RWKV and DeepSeek V4, Whisper, BioGPT, ELECTRA; DeepSeek V3's layers of multi-token prediction.
  const isTop = path.length === 1 && ['head', 'proj_out', 'output_projection', 'generator_lm_head'].includes(leaf);
  if (isTop || (leaf === 'head' && parent === 'shared_head')) return 'lm_head';
  // The embeddings of T5 and BART, and the visual tokens of Gemma 3n.
  if (leaf === 'shared' && path.length <= 2) return 'embed';
  if (leaf === 'embedding' && ['embed_vision', 'embed_audio'].includes(parent)) return 'embed';
  const sequential = inSequential(path);
  if (sequential) return sequential;
  const recurrent = RECURRENT_PARTS.has(parent) && IN_RECURRENT.get(leaf);
  if (recurrent) return recurrent;
  // The heads of BERT and its successors.
  if (leaf === 'decoder' && (path.length === 1 || ['predictions', 'lm_head'].includes(parent))) return 'lm_head';
  return moduleOfBlock(path, leaf);
}

/** The innermost part decides: `attention.output.dense` is attention's, `output.dense` the MLP's. */
function moduleOfBlock(path: readonly string[], leaf: string): ModuleType | null {
  for (const part of [...path].reverse()) {
    if (ATTENTION_PARTS.has(part)) {
      // The attention of timm's mobile networks has `query.proj`.
      return (leaf === 'proj' && IN_ATTENTION.get(path.at(-2) ?? '')) || (IN_ATTENTION.get(leaf) ?? null);
    }
    if (MLP_PARTS.has(part)) return IN_MLP.get(leaf) ?? null;
  }
  // Encoders of the BERT layout, with or without `dense`.
  const bert = leaf === 'dense' ? path.at(-2) : leaf;
  if (bert === 'intermediate') return 'up_proj';
  return bert === 'output' && numberAfter(path, LAYER_LISTS) !== null ? 'down_proj' : null;
}

function moduleOfTower(path: readonly string[]): ModuleType | null {
  const end = path.slice(-2).join('.');
  if (PATCHES.test(end)) return 'patch_embed';
  if (POSITIONS.test(end)) return 'embed';
  if (path.some((part) => PROJECTOR_PARTS.has(part) || part === 'embed_audio')) return 'projector';
  // The last layers of the tower in Qwen-Omni and Gemma 4.
  return AUDIO_PARTS.has(path.at(-2) ?? '') && /^(output_)?proj\d?$/.test(path.at(-1) ?? '') ? 'projector' : null;
}

/** Modules that are known by their number in a list: diffusers' `ff.net.0`, `ff.net.0.proj`, `ff.net.2`, `to_out.0`. */
function inSequential(path: readonly string[]): ModuleType | null {
  const [list, name, number] = path.at(-1) === 'proj' ? path.slice(-4) : path.slice(-3);
  if (list === 'ff' && name === 'net') return number === '0' ? 'up_proj' : number === '2' ? 'down_proj' : null;
  return path.at(-2) === 'to_out' && path.at(-1) === '0' ? 'o_proj' : null;
}

function componentOf(path: readonly string[]): Component | null {
  if (path.some((part) => AUDIO_PARTS.has(part))) return null;
  // The projector first: Qwen-VL has its merger inside `visual`.
  if (path.some((part) => PROJECTOR_PARTS.has(part))) return 'projector';
  return path.some((part) => VISION_PARTS.has(part)) ? 'vision' : 'language';
}

function numberAfter(path: readonly string[], lists: ReadonlySet<string>): number | null {
  const list = path.findIndex((part, i) => lists.has(part) && /^\d{1,6}$/.test(path[i + 1] ?? ''));
  return list < 0 ? null : Number(path[list + 1]);
}
