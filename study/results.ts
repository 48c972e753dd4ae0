// What study/results has, one file an adapter: `measure.ts` writes them, `report.ts` makes tables of them.

/** A table in Markdown. */
export type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** Outcomes by item, one character each: 1 if right. truth.py measured them. */
export interface Truth {
  readonly exam: string;
  readonly shuffled: string;
  readonly keptLetter: string;
  /** In each wording. */
  readonly open: readonly string[];
  readonly recall: string;
  readonly perplexity: { readonly mathematics: number; readonly documentation: number };
  /** The share of replies that end, where it was measured. */
  readonly ends?: number;
  /** On the held-out items, where they are the same problems with other numbers. */
  readonly heldOut?: Pick<Truth, 'exam' | 'open'>;
}

export type Suite = 'benchmark' | 'group' | 'builtin';

/** The part of the gate's report.json that the tables are made of. */
export interface GateReport {
  readonly version: string;
  readonly verdict: string;
  readonly reasons: readonly { readonly level: string; readonly kind: string; readonly message: string }[];
  readonly asked?: number | undefined;
  readonly kept?: readonly Kept[];
  readonly kinds?: readonly Kind[];
}

interface Kept {
  readonly items: number;
  readonly baseline: number;
  readonly candidate: number;
  readonly p: number;
}

interface Kind {
  readonly kind: string;
  readonly benchmark: Accuracies;
  readonly twin: Accuracies;
  /** Log-odds. */
  readonly transfer: Estimate | null;
}

export interface Accuracies {
  readonly baseline: number | null;
  readonly candidate: number;
}

/** An end is null where it is open. */
export interface Estimate {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface AdapterResult {
  readonly training: { readonly rate: number } | null;
  /** Null: it was not measured. */
  readonly truth: Truth | null;
  readonly gate: Readonly<Partial<Record<Suite, GateReport>>>;
}
