import type { Device } from '@shadow-gate/checkpoints/onnx';
import type { Decoder } from '../architectures/decoder.ts';
import type { HeldWeights } from '../architectures/held-bytes.ts';
import type { Weights } from '../architectures/weights.ts';
import { BackboneSession } from './backbone-session.ts';
import { HeadSession } from './head-session.ts';
import type { HeldModelWeights } from './held-weights.ts';

/**
 * The sessions of a model that is in memory as a whole. They open at their first use. The first use that needs a KV
 * cache, which takes more memory, or that holds weights another way, replaces them: two of a kind at the same time
 * would need memory for the weights twice.
 */
export class WholeModel {
  readonly #decoder: Decoder;
  readonly #weights: Weights;
  readonly #device: Device;
  readonly #onLoading: ((isLoading: boolean) => void) | undefined;
  #backbone: BackboneSession | null = null;
  #head: HeadSession | null = null;
  #held: { readonly [K in keyof HeldModelWeights]: HeldWeights | null } = { backbone: null, head: null };

  constructor(
    { decoder, weights }: { readonly decoder: Decoder; readonly weights: Weights },
    { device, onLoading }: { readonly device: Device; readonly onLoading?: ((isLoading: boolean) => void) | undefined },
  ) {
    this.#decoder = decoder;
    this.#weights = weights;
    this.#device = device;
    this.#onLoading = onLoading;
  }

  get usesKvCache(): boolean {
    return this.#backbone?.usesKvCache ?? false;
  }

  async open({ useKvCache, held }: { readonly useKvCache: boolean; readonly held: HeldModelWeights }) {
    const [backbone, head] = [this.#backbone, this.#head];
    const keepsBackbone = backbone && this.#held.backbone === held.backbone && (backbone.usesKvCache || !useKvCache);
    const keepsHead = head && this.#held.head === held.head;
    if (keepsBackbone && keepsHead) return { backbone, head };
    if (!keepsBackbone) await this.#closeBackbone();
    if (!keepsHead) await this.#closeHead();
    this.#onLoading?.(true);
    const [decoder, weights, device] = [this.#decoder, this.#weights, this.#device];
    if (!this.#head) {
      weights.held = held.head;
      this.#head = await HeadSession.open(decoder, weights, device);
    }
    // Later graphs must also hold these weights the backbone's way.
    weights.held = held.backbone;
    this.#backbone ??= await BackboneSession.open(decoder, weights, device, { useKvCache });
    this.#held = held;
    this.#onLoading?.(false);
    return { backbone: this.#backbone, head: this.#head };
  }

  async close(): Promise<void> {
    try {
      await this.#closeBackbone();
    } finally {
      await this.#closeHead();
    }
  }

  async #closeBackbone(): Promise<void> {
    const backbone = this.#backbone;
    this.#backbone = null;
    this.#held = { ...this.#held, backbone: null };
    await backbone?.close();
  }

  async #closeHead(): Promise<void> {
    const head = this.#head;
    this.#head = null;
    this.#held = { ...this.#held, head: null };
    await head?.close();
  }
}
