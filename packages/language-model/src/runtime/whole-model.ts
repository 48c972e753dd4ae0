import type { Device } from '@shadow-gate/checkpoints/onnx';
import type { Decoder } from '../architectures/decoder.ts';
import type { HeldWeights } from '../architectures/held-tensors.ts';
import type { Weights } from '../architectures/weights.ts';
import { BackboneSession } from './backbone-session.ts';
import { HeadSession } from './head-session.ts';
import type { HeldModelWeights } from './held-weights.ts';

interface SessionSource {
  readonly decoder: Decoder;
  readonly weights: Weights;
  readonly device: Device;
  readonly onLoading?: ((isLoading: boolean) => void) | undefined;
}

/**
 * The sessions of a model that is in memory as a whole. They open at their first use. The first use that needs a KV
 * cache, which takes more memory, or that holds weights another way, replaces them: two of a kind at the same time
 * would need memory for the weights twice.
 */
export class WholeModel {
  readonly #source: SessionSource;
  readonly #sessions: { backbone: BackboneSession | null; head: HeadSession | null } = { backbone: null, head: null };
  #held: { -readonly [K in keyof HeldModelWeights]: HeldWeights | null } = { backbone: null, head: null };

  constructor(source: SessionSource) {
    this.#source = source;
  }

  get usesKvCache(): boolean {
    return this.#sessions.backbone?.usesKvCache ?? false;
  }

  async open({ useKvCache, held }: { readonly useKvCache: boolean; readonly held: HeldModelWeights }) {
    const { backbone, head } = this.#sessions;
    const keepsBackbone = backbone && this.#held.backbone === held.backbone && (backbone.usesKvCache || !useKvCache);
    const keepsHead = head && this.#held.head === held.head;
    if (keepsBackbone && keepsHead) return { backbone, head };
    if (!keepsBackbone) await this.#close('backbone');
    if (!keepsHead) await this.#close('head');
    const { decoder, weights, device, onLoading } = this.#source;
    onLoading?.(true);
    if (!this.#sessions.head) {
      weights.held = held.head;
      this.#sessions.head = await HeadSession.open(decoder, weights, device);
    }
    // Later graphs must also hold these weights the backbone's way.
    weights.held = held.backbone;
    this.#sessions.backbone ??= await BackboneSession.open(decoder, weights, device, { useKvCache });
    this.#held = { ...held };
    onLoading?.(false);
    return { backbone: this.#sessions.backbone, head: this.#sessions.head };
  }

  async close(): Promise<void> {
    try {
      await this.#close('backbone');
    } finally {
      await this.#close('head');
    }
  }

  async #close(part: 'backbone' | 'head'): Promise<void> {
    const session = this.#sessions[part];
    this.#sessions[part] = null;
    this.#held[part] = null;
    await session?.close();
  }
}
