import { sha256 } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { expectAttested, PREDICATE_TYPE, parseStatement, verdictStatement } from '../../src/attestation/statement.ts';
import { EXIT } from '../../src/cli/output.ts';
import { VERDICTS } from '../../src/compare/report.ts';
import { report } from '../report/fixtures.ts';

const hex = (digit: string) => digit.repeat(64);
const bytes = Buffer.from('{}');
const COMMIT = 'a'.repeat(40);

const judged = (over: Parameters<typeof report>[0] = {}) => {
  const one = report();
  return report({
    candidate: { ...one.candidate, digest: `sha256:${hex('1')}`, behaviorFiles: `sha256:${hex('4')}` },
    baseline: null,
    reference: null,
    ...over,
  });
};

describe('what is signed of a verdict', () => {
  it.each(VERDICTS)('is its exit code, whatever fail-on says: %s', (verdict) => {
    const { predicate } = verdictStatement(judged({ verdict }), { bytes, commit: COMMIT });
    expect(predicate).toMatchObject({ verdict, exitCode: EXIT[verdict] });
  });

  it('names what there is, and null for what there is not', () => {
    const { candidate } = report();
    const baseline = { ...candidate, digest: `sha256:${hex('2')}` };
    const statement = verdictStatement(judged({ baseline, policyDigest: `sha256:${hex('3')}` }), {
      bytes,
      commit: COMMIT,
    });
    expect(statement).toEqual({
      subject: [
        { name: candidate.path, digest: { sha256: hex('1') } },
        { name: 'report.json', digest: { sha256: sha256(bytes) } },
      ],
      predicate: {
        verdict: 'warn',
        exitCode: 0,
        baseline: { sha256: hex('2') },
        reference: null,
        behaviorFiles: { sha256: hex('4') },
        policy: { sha256: hex('3') },
        report: { sha256: sha256(bytes) },
        tool: report().tool,
        commit: COMMIT,
      },
    });
  });

  it('is nothing where the candidate has no digest', () => {
    const { candidate } = report();
    const nameless = judged({ candidate: { ...candidate, digest: 'sha256:short' } });
    expect(() => verdictStatement(nameless, { bytes, commit: COMMIT })).toThrow(/in place of a SHA-256 digest/);
  });
});

describe('an attestation', () => {
  const own = judged();
  const statement = verdictStatement(own, { bytes, commit: COMMIT });
  const check = (signed: typeof statement, checkpoint: Parameters<typeof expectAttested>[2]['checkpoint'] = null) =>
    expectAttested(signed, own, { bytes, checkpoint });
  const checkpoint = { path: 'm', digest: `sha256:${hex('1')}`, behaviorFiles: `sha256:${hex('4')}` };

  it('is of the report that it was made of', () => {
    expect(() => check(statement)).not.toThrow();
    expect(() => check(statement, checkpoint)).not.toThrow();
  });

  it('that claims what the report does not have is refused', () => {
    const { subject, predicate } = statement;
    const [first, second] = subject;
    const lies: (typeof statement)[] = [
      { subject, predicate: { ...predicate, verdict: 'pass' } },
      { subject, predicate: { ...predicate, exitCode: 3 } },
      { subject, predicate: { ...predicate, baseline: { sha256: hex('9') } } },
      { subject, predicate: { ...predicate, policy: { sha256: hex('9') } } },
      { subject: [{ ...first, digest: { sha256: hex('9') } }, second], predicate },
      { subject: [second, first], predicate },
    ];
    for (const lie of lies) expect(() => check(lie)).toThrow(/claims what its report does not have/);
  });

  it('of another checkpoint, or another report, is refused', () => {
    const weights = { ...checkpoint, digest: `sha256:${hex('9')}` };
    expect(() => check(statement, weights)).toThrow(/not about m: the digest of its weights and config/);
    const files = { ...checkpoint, behaviorFiles: `sha256:${hex('9')}` };
    expect(() => check(statement, files)).toThrow(/not about m: the digest of its tokenizer, templates/);
    const other = verdictStatement(own, { bytes: Buffer.from('{ }'), commit: COMMIT });
    expect(() => check(other)).toThrow(/of another report/);
  });

  it('that an older version signed is of no tokenizer, and so of no checkpoint that is to be deployed', () => {
    const old = judged({ candidate: { ...own.candidate, behaviorFiles: null } });
    const { subject, predicate } = verdictStatement(old, { bytes, commit: COMMIT });
    const { behaviorFiles: _, ...without } = predicate;
    const whole = { _type: 'https://in-toto.io/Statement/v1', predicateType: PREDICATE_TYPE };
    const signed = parseStatement({ ...whole, subject, predicate: without });
    expect(() => expectAttested(signed, old, { bytes, checkpoint: null })).not.toThrow();
    expect(() => expectAttested(signed, old, { bytes, checkpoint })).toThrow(
      /does not say with which tokenizer.*again/,
    );
    // Nor can the report say what was not signed.
    expect(() => expectAttested(signed, own, { bytes, checkpoint })).toThrow(/claims what its report does not have/);
  });

  it('of something else is named as that', () => {
    const whole = { _type: 'https://in-toto.io/Statement/v1', predicateType: PREDICATE_TYPE, ...statement };
    expect(parseStatement(whole)).toEqual(statement);
    expect(() => parseStatement({ ...whole, predicateType: 'https://slsa.dev/provenance/v1' })).toThrow(/slsa.dev/);
    expect(() => parseStatement({ ...whole, predicate: { ...statement.predicate, more: 1 } })).toThrow(
      /of this version —/,
    );
    expect(() => parseStatement(null)).toThrow(/does not attest/);
  });
});
