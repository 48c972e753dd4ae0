import type { ChurnRow } from '../../compare/probes/index.ts';
import { formatInteger, formatRatio, NO_NUMBER } from './numbers.ts';

export const CHURN_COLUMNS = ['items', 'right → wrong', 'wrong → right', 'other answer', 'KL, nats'] as const;

export function churnCells({ items, rightToWrong, wrongToRight, changed, kl }: ChurnRow): string[] {
  return [
    ...[items, rightToWrong, wrongToRight, changed].map(formatInteger),
    kl === null ? NO_NUMBER : formatRatio(kl),
  ];
}
