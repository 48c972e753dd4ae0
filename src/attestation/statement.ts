import { isDeepStrictEqual } from 'node:util';
import { HOME_URL, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { z } from 'zod';
import { type Report, VERDICT_EXIT, VERDICTS } from '../compare/report.ts';

export const PREDICATE_TYPE = `${HOME_URL}/verdict/v1`;

const digestSchema = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

type Digest = z.infer<typeof digestSchema>;

/** A verdict and its inputs. Except for the commit, the report has all of it. */
const predicateSchema = z.strictObject({
  verdict: z.enum(VERDICTS),
  /** Exit code of the command line: 0 passed (`pass`, `warn`), 1 failed, 3 inconclusive, independent of `fail-on`. */
  exitCode: z.int(),
  baseline: digestSchema.nullable(),
  reference: digestSchema.nullable(),
  /** The candidate's tokenizer, templates, sampling defaults and code. Older versions did not sign it. */
  behaviorFiles: digestSchema.nullable().default(null),
  /** Digest of the policy's text; null: the defaults of this version. */
  policy: digestSchema.nullable(),
  report: digestSchema,
  tool: z.strictObject({ name: z.literal('shadow-gate'), version: z.string() }),
  /** The commit that was checked: the head of a pull request. */
  commit: z.string(),
});

const subjectSchema = z.object({ name: z.string(), digest: digestSchema });

const statementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  predicateType: z.literal(PREDICATE_TYPE),
  /** The checkpoint, and report.json, by which other tools find the attestation. */
  subject: z.tuple([subjectSchema, subjectSchema]),
  predicate: predicateSchema,
});

export type VerdictStatement = Pick<z.infer<typeof statementSchema>, 'subject' | 'predicate'>;

const REPORT_NAME = 'report.json';

/** @param bytes of report.json @throws UserError for a report with invalid digests */
export function verdictStatement(
  { verdict, candidate, baseline, reference, policyDigest, tool }: Report,
  { bytes, commit }: { readonly bytes: Buffer; readonly commit: string },
): VerdictStatement {
  const report = { sha256: sha256(bytes) };
  return {
    subject: [
      { name: candidate.path, digest: digestOf(candidate.digest) },
      { name: REPORT_NAME, digest: report },
    ],
    predicate: {
      verdict,
      exitCode: VERDICT_EXIT[verdict],
      baseline: baseline && digestOf(baseline.digest),
      reference: reference && digestOf(reference.digest),
      behaviorFiles: candidate.behaviorFiles === null ? null : digestOf(candidate.behaviorFiles),
      policy: policyDigest === undefined ? null : digestOf(policyDigest),
      report,
      tool,
      commit,
    },
  };
}

function digestOf(digest: string): Digest {
  const parsed = digestSchema.safeParse({ sha256: digest.replace(/^sha256:/, '') });
  if (parsed.success) return parsed.data;
  throw new UserError(
    `the report has ${JSON.stringify(digest.slice(0, 80))} in place of a SHA-256 digest`,
    'make it again with this version',
  );
}

/** @throws UserError if the JSON of an attestation is not a verdict of this version */
export function parseStatement(json: unknown): VerdictStatement {
  const parsed = statementSchema.safeParse(json);
  if (parsed.success) return { subject: parsed.data.subject, predicate: parsed.data.predicate };
  const stated = z.object({ predicateType: z.string() }).safeParse(json).data?.predicateType;
  const is =
    stated === undefined || stated === PREDICATE_TYPE ? '' : `: it is a ${JSON.stringify(stated.slice(0, 200))}`;
  throw new UserError(
    `the attestation does not attest a verdict of this version${is}`,
    'give the file that the output attestation of the action names',
  );
}

interface GivenCheckpoint {
  readonly path: string;
  readonly digest: string;
  readonly behaviorFiles: string;
}

/** @param bytes of report.json @throws UserError if the attestation is of another report or checkpoint */
export function expectAttested(
  { subject, predicate }: VerdictStatement,
  report: Report,
  { bytes, checkpoint }: { readonly bytes: Buffer; readonly checkpoint: GivenCheckpoint | null },
): void {
  if (predicate.report.sha256 !== sha256(bytes)) {
    throw new UserError(
      `the attestation is of another report: its SHA-256 is ${predicate.report.sha256}, and that of the file ${sha256(bytes)}`,
      'give the report.json of the same run, as it was written',
    );
  }
  const expected = verdictStatement(report, { bytes, commit: predicate.commit });
  if (!isDeepStrictEqual({ subject, predicate }, expected)) {
    throw new UserError('the attestation claims what its report does not have', 'do not trust it');
  }
  if (checkpoint !== null) expectJudged(checkpoint, subject[0].digest, predicate.behaviorFiles);
}

function expectJudged({ path, digest, behaviorFiles }: GivenCheckpoint, weights: Digest, files: Digest | null): void {
  const refused = (what: string, given: string, judged: string) =>
    new UserError(
      `the verdict is not about ${path}: the digest of its ${what} is ${given}, and sha256:${judged} was judged`,
      'give the checkpoint that was judged',
    );
  if (digest !== `sha256:${weights.sha256}`) throw refused('weights and config', digest, weights.sha256);
  if (files === null) {
    throw new UserError(
      `the attestation does not say with which tokenizer, templates and code ${path} was judged`,
      'check the checkpoint itself with this version, and attest it again',
    );
  }
  if (behaviorFiles !== `sha256:${files.sha256}`) {
    throw refused('tokenizer, templates, generation config and code', behaviorFiles, files.sha256);
  }
}
