import { CHAT_PARTS } from '@shadow-gate/probes/answer';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { OwnTextRow } from '../rows/own-text.ts';

/** Fewer tokens of a part say little: two whole texts have as many. */
const LEAST_TOKENS = 48;

/**
 * A part is lost too if it moved by so many nats a token, and by so many times as much as all texts together: training
 * moves everything. Not the turns of a chat, which can be what was trained.
 */
const APART = { least: 1.5, times: 4 };
const TURNS: ReadonlySet<string> = new Set(CHAT_PARTS);

/** Nats a token that the second half of the long text may lose beyond what its texts lose alone. */
const LATE_LIMIT = 0.5;

type Found = Omit<FindingOf<'own-text'>, 'kind' | 'level' | 'exception' | 'why'>;

/** At most one finding: the rules look at the same texts. */
export function ownTextCheck({
  ownText,
  candidate,
  baseline,
  policy,
}: Pick<ComparisonContext, 'ownText' | 'candidate' | 'baseline' | 'policy'>): Finding[] {
  const { level } = policy['own-text'];
  if (ownText === null) return unread({ candidate, baseline, policy });
  const found = changed(ownText) ?? (ownText.limit === null ? null : destroyed(ownText, policy['own-text']));
  if (found === null) return [];
  const isOpen = found.rule === 'same-model-unclear' && level !== 'info';
  return [{ kind: 'own-text', level: isOpen ? 'inconclusive' : level, why: null, ...found }];
}

/** Texts that nobody read decide nothing, unless they are what a verdict was to rest on. */
function unread({
  candidate,
  baseline,
  policy,
}: Pick<ComparisonContext, 'candidate' | 'baseline' | 'policy'>): Finding[] {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (own === null || baseline === null) return [];
  const { level, limit } = policy['own-text'];
  const [read, drawn] = [own.ownText?.read, theirs?.ownText?.drawn];
  const isNeeded = policy.expect === 'same-model' || (drawn !== undefined && read?.digest === drawn.digest);
  if (drawn === undefined && !isNeeded) return [];
  const why = own.ownText?.leftOut ?? theirs?.ownText?.leftOut ?? null;
  const nothing = { natsPerToken: 0, low: null, high: null, texts: drawn?.texts.length ?? 0, tokens: 0 };
  const found: Found = { rule: 'not-read', part: null, ...nothing, limit };
  // A measurement apart from this baseline does not ask it to; a check does.
  return [{ kind: 'own-text', level: isNeeded && level !== 'info' ? 'inconclusive' : 'info', why, ...found }];
}

function changed({ sameModel, limit, natsPerToken, low, high, texts, tokens, late }: OwnTextRow): Found | null {
  if (sameModel === null || limit === null) return null;
  const whole = { part: null, natsPerToken, low, high, limit, texts, tokens };
  if (low > limit) return { rule: 'same-model', ...whole };
  if (late !== null && late.low > limit) return { rule: 'long-text', ...whole, ...endsOf(late) };
  return high > limit ? { rule: 'same-model-unclear', ...whole } : null;
}

function destroyed(
  { natsPerToken, low, high, texts, tokens, worst, parts, tooLong, late }: OwnTextRow,
  { limit, 'part-limit': partLimit }: ComparisonContext['policy']['own-text'],
): Found | null {
  const whole = { part: null, natsPerToken, low, high, limit, texts, tokens };
  if (low > limit) return { rule: 'all', ...whole };
  const known = parts.filter((own) => own.tokens >= LEAST_TOKENS);
  const [part] = known;
  const alone = { low: null, high: null, limit: partLimit };
  if (part !== undefined && part.natsPerToken > partLimit) return { rule: 'part', ...part, ...alone };
  const least = Math.max(APART.least, APART.times * natsPerToken);
  const apart = known.find((own) => !TURNS.has(own.part));
  if (apart !== undefined && apart.natsPerToken > least)
    return { rule: 'part', ...apart, ...alone, limit: round(least) };
  if (worst.natsPerToken > partLimit) return { rule: 'worst-texts', ...whole, ...worst, ...alone };
  if (tooLong > 0) return { rule: 'shorter-context', ...whole, texts: tooLong };
  if (late !== null && late.low > LATE_LIMIT)
    return { rule: 'long-text', ...whole, ...endsOf(late), limit: LATE_LIMIT };
  return null;
}

const round = (value: number): number => Math.round(100 * value) / 100;

const endsOf = ({ natsPerToken, low, high }: NonNullable<OwnTextRow['late']>) => ({ natsPerToken, low, high });
