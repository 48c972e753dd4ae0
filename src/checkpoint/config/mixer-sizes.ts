/** Sizes that only some mixers have, where config.json gives them: linear attention and Mamba-2. */
export interface MixerSizes {
  /** Heads of linear attention, and the size of one. */
  readonly linear: {
    readonly keyHeads: number | null;
    readonly valueHeads: number | null;
    readonly keyDim: number | null;
    readonly valueDim: number | null;
  };
  /** Heads of Mamba-2, and the size of one; of Mamba-1, the rank of its time step, and the numbers of a channel's state. */
  readonly mamba: {
    readonly heads: number | null;
    readonly headDim: number | null;
    readonly rank: number | null;
    readonly state: number | null;
  };
}

export const NO_MIXER_SIZES: MixerSizes = {
  linear: { keyHeads: null, valueHeads: null, keyDim: null, valueDim: null },
  mamba: { heads: null, headDim: null, rank: null, state: null },
};

/** @param pick the number that one of these keys has; null if there is none */
export function readMixerSizes(
  pick: (keys: readonly string[]) => number | null,
  { isMamba2 }: { readonly isMamba2: boolean },
): MixerSizes {
  return {
    linear: {
      keyHeads: pick(['linear_num_key_heads']),
      valueHeads: pick(['linear_num_value_heads']),
      keyDim: pick(['linear_key_head_dim']),
      valueDim: pick(['linear_value_head_dim']),
    },
    // Granite's names, those of Nemotron-H and Zamba 2, and those of Mamba-2 itself, which has no other heads.
    mamba: {
      heads: pick(['mamba_n_heads', 'mamba_num_heads', 'n_mamba_heads', ...(isMamba2 ? ['num_heads'] : [])]),
      headDim: pick(['mamba_d_head', 'mamba_head_dim', 'mamba_headdim', ...(isMamba2 ? ['head_dim'] : [])]),
      rank: pick(['time_step_rank', 'mamba_dt_rank']),
      state: pick(['state_size', 'mamba_d_state']),
    },
  };
}
