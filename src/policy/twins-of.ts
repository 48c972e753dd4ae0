import { BUILTIN, suiteNameFromFile } from '@shadow-gate/probes/suite';

/** `twins-of`: the benchmark that its items are twins of. */
interface PolicyFile {
  readonly file: string;
  readonly 'twins-of'?: string | undefined;
}

/** By path or by name. */
export function findBenchmark<T extends PolicyFile>(twinsOf: string, files: readonly T[]): T | undefined {
  return files.find(({ file }) => file === twinsOf) ?? files.find(({ file }) => suiteNameFromFile(file) === twinsOf);
}

/** Why a file cannot be twins of what it names, and the remedy; null if it can, or names nothing. */
export function findTwinsMistake(own: PolicyFile, files: readonly PolicyFile[]): string | null {
  const { file, 'twins-of': twinsOf } = own;
  if (twinsOf === undefined) return null;
  const name = JSON.stringify(twinsOf);
  const benchmark = findBenchmark(twinsOf, files);
  if (benchmark === undefined) {
    return `${name} is not among the suites of the policy: list its file too, or correct the name`;
  }
  if (benchmark.file === BUILTIN) return `${name} has twins of its own: name a file, or leave out twins-of`;
  if (benchmark.file === file) return `${name} is the file itself: name the file of the benchmark`;
  const itsBenchmark = benchmark['twins-of'];
  if (itsBenchmark === undefined) return null;
  return `${name} consists of twins itself: name their benchmark, ${JSON.stringify(itsBenchmark)}`;
}
