import { isDeepStrictEqual } from 'node:util';
import { compare } from '../../src/compare/compare.ts';
import type { Report } from '../../src/compare/report.ts';
import type { Measurement } from '../../src/measure/schema/measurement.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { parseReport, serializeReport } from '../../src/report/json.ts';
import { COMMENT_LIMIT, renderComment } from '../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../src/report/terminal/report.ts';
import { promise } from './fuzzer.ts';

/** A page or a log must have no control character but line ends, and no command of a workflow. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

export function expectClean(text: string, what: string): void {
  const found = CONTROL.exec(text);
  promise(found === null, `${what} has a control character ${JSON.stringify(found?.[0])}`);
  promise(!/^(::|##\[)/m.test(text), `${what} has a workflow command`);
}

/** What a report promises of its comment, of the terminal, and of itself. @throws BrokenPromise */
export function expectShowable(report: Report): void {
  const comment = renderComment(report);
  promise(comment.length < COMMENT_LIMIT, 'a comment is too long');
  expectClean(comment, 'the comment');
  expectClean(renderTerminal(report, { color: false, width: 100 }), 'the terminal report');
  const again = parseReport(JSON.stringify(serializeReport(report)), 'report.json');
  promise(isDeepStrictEqual(again, report), 'a report is another one after it was written and read');
}

export function judge(candidate: Measurement, baseline: Measurement | null): Report {
  return compare({
    candidate,
    baseline,
    baselinePath: 'baseline.json',
    policy: DEFAULT_POLICY,
    policyPath: null,
    today: new Date(),
  });
}
