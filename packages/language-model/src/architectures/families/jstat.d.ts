/** The part of jstat 1.9.6 that is used here: the package has no types of its own. */
declare module 'jstat' {
  const jStat: {
    readonly normal: { inv(p: number, mean: number, standardDeviation: number): number };
  };
  export default jStat;
}
