/** The part of jstat 1.9.6 that distributions.ts uses: the package has no types of its own. */
declare module 'jstat' {
  const jStat: {
    readonly normal: {
      cdf(z: number, mean: number, standardDeviation: number): number;
      inv(p: number, mean: number, standardDeviation: number): number;
    };
    readonly beta: { inv(p: number, alpha: number, beta: number): number };
    readonly studentt: { inv(p: number, df: number): number };
  };
  export default jStat;
}
