import type { ProbeItem } from '../item.ts';

/** Items as a JSONL file that `readProbeFile` gives back as they are, provided that they are in pairs. */
export function toJsonl(items: readonly ProbeItem[]): string {
  return items.map((item) => `${JSON.stringify(toRecord(item))}\n`).join('');
}

function toRecord({ id, capability, form, fact, family, cluster, prompt, question }: ProbeItem): object {
  const record = { id, capability, form, twin_of: form === 'twin' ? fact : null, family, cluster, prompt };
  if (question.kind === 'exact') return { ...record, target: question.target };
  const { choices, answer, scoring } = question;
  return { ...record, choices, answer, scoring };
}
