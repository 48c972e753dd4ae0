import type { Measurement } from './schema/measurement.ts';

/** Suites without chat messages, though the checkpoint has a chat template. None if that is unknown, as of a server. */
export function suitesWithoutTemplate({ behavior, probes }: Pick<Measurement, 'behavior' | 'probes'>): string[] {
  const templates = behavior?.files['chat-template']?.values ?? {};
  if (probes?.status !== 'measured' || !Object.hasOwn(templates, 'default')) return [];
  return probes.suites.filter(({ chatTemplate = probes.chatTemplate }) => !chatTemplate).map(({ name }) => name);
}
