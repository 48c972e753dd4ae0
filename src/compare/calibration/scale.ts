/** An increasing scale for the limits of a metric, with room on both sides: every limit is a possible value. */
interface Scale {
  readonly to: (value: number) => number;
  readonly from: (scaled: number) => number;
  /**
   * The smallest distance worth reporting beyond all seen numbers, however close together a few were by chance. Chosen
   * by the runs that docs/lab-notes/decisions/018-calibration.md names.
   * @param extreme of the seen numbers, on the scale
   */
  readonly leastMargin: (extreme: number) => number;
}

/** As in log-odds: nothing closer to a bound is known. */
const LEAST = 1e-9;

/** Effective ranks this close to 1 are all but one direction: ratios of the rest mean nothing. */
const NEAR_ONE = 0.05;

const PLAIN: Scale = {
  to: (value) => value,
  from: (scaled) => scaled,
  leastMargin: (extreme) => 0.1 * Math.abs(extreme),
};

const SCALES: Readonly<Record<string, Scale>> = {
  topEnergyLogOdds: { ...PLAIN, leastMargin: () => 0.25 },
  /** 1 ÷ the top-1 energy p, of which ln(rank − 1) is −ln(p ÷ (1 − p)): the scale of `topEnergyLogOdds`. */
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
