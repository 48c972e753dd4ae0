import type { Measurement } from './schema/measurement.ts';

/**
 * Names of the suites whose prompts were not messages of a chat, though the checkpoint has a chat template; none where
 * that is not known, as of a server.
 */
export function suitesWithoutTemplate({ behavior, probes }: Pick<Measurement, 'behavior' | 'probes'>): string[] {
  const templates = behavior?.files['chat-template']?.values ?? {};
  if (probes?.status !== 'measured' || !Object.hasOwn(templates, 'default')) return [];
  return probes.suites.filter(({ chatTemplate = probes.chatTemplate }) => !chatTemplate).map(({ name }) => name);
}
