import { BUILTIN, suiteNameFromFile } from '@shadow-gate/probes/suite';

/** A file of the policy, and the benchmark that it says its items are twins of. */
interface PolicyFile {
  readonly file: string;
  readonly 'twins-of'?: string | undefined;
}

/** The file that `twins-of` names, by its path or by its name; undefined if there is none. */
export function findBenchmark<T extends PolicyFile>(twinsOf: string, files: readonly T[]): T | undefined {
  return files.find(({ file }) => file === twinsOf) ?? files.find(({ file }) => suiteNameFromFile(file) === twinsOf);
}

/** Why a file cannot be twins of what it names, and what to do; null if it can, or names nothing. */
export function findTwinsMistake(
  { file, 'twins-of': twinsOf }: PolicyFile,
  files: readonly PolicyFile[],
): string | null {
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
