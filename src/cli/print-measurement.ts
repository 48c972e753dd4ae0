import type { Measurement } from '../measure/schema/measurement.ts';
import type { MeasuredProbes } from '../measure/schema/probes.ts';
import { printable } from '../report/escape.ts';
import { print, warn, warnNonFinite } from './output.ts';

/** What a measurement that was written holds, and what is odd about it. */
export function sayMeasured({ method, tensors, skipped, nonFinite, probes, run }: Measurement, file: string): void {
  warnNonFinite(nonFinite);
  if (probes?.status === 'notRun') warn(`probes were not asked: ${printable(probes.reason)}`);
  const probed = probes?.status === 'measured' ? probes : null;
  warnOfProbes(probed, file);
  const parts = [
    ...(method === null ? [] : [`measured ${tensors.length} spectra${known(run)}, skipped ${skipped.length}`]),
    ...(probed === null ? [] : [`asked ${probed.items.length} probes`]),
  ];
  print(`${parts.join(', ')}: ${printable(file)}`);
}

function known({ recalledSpectra }: Measurement['run']): string {
  return recalledSpectra === 0 ? '' : ` (${recalledSpectra} of them known from before)`;
}

/** A file may have thousands that are odd alike. */
const MAX_WARNINGS = 3;

function warnOfProbes(probes: MeasuredProbes | null, file: string): void {
  const left = probes?.leftOut.map(({ id, reason }) => `probe ${id} was left out, with its other forms: ${reason}`);
  for (const messages of [probes?.notes ?? [], left ?? []]) {
    for (const message of messages.slice(0, MAX_WARNINGS)) warn(printable(message));
    const more = messages.length - MAX_WARNINGS;
    if (more > 0) warn(`and ${more} more of these: ${printable(file)} has all`);
  }
}
