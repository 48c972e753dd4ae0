/**
 * The scale that limits of a metric are computed on: one with room on both sides, so that a limit is a value that a
 * matrix can have. It changes no order.
 */
interface Scale {
  readonly to: (value: number) => number;
  readonly from: (scaled: number) => number;
  /**
   * What a number may move beyond all that were seen before it is worth a word, however close together a few were by
   * chance. Chosen by the runs that docs/lab-notes/decisions/018-calibration.md names.
   * @param extreme of those that were seen, on the scale
   */
  readonly leastMargin: (extreme: number) => number;
}

/** As in log-odds: of what is closer to its bound than this, nothing more is known. */
const LEAST = 1e-9;

/** Effective ranks that are this close to 1 are all but one direction: ratios of what is left of them mean nothing. */
const NEAR_ONE = 0.05;

const PLAIN: Scale = {
  to: (value) => value,
  from: (scaled) => scaled,
  leastMargin: (extreme) => 0.1 * Math.abs(extreme),
};

const SCALES: Readonly<Record<string, Scale>> = {
  topEnergyLogOdds: { ...PLAIN, leastMargin: () => 0.25 },
  /** 1 ÷ the top-1 energy p, of which ln(rank − 1) is −ln(p ÷ (1 − p)): the same scale as above. */
  stableRank: {
    to: (rank) => Math.log(Math.max(rank - 1, LEAST)),
    from: (scaled) => 1 + Math.exp(scaled),
    leastMargin: () => 0.25,
  },
  effectiveRankExcess: {
    to: (excess) => Math.log(excess + NEAR_ONE),
    from: (scaled) => Math.exp(scaled) - NEAR_ONE,
    leastMargin: () => 0.2,
  },
};

export function metricScale(metric: string): Scale {
  return SCALES[metric] ?? PLAIN;
}
