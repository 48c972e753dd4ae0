import { control } from '../../gate/control.ts';
import { controlSentence } from '../../report/text/index.ts';
import type { DeviceOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { endpointFromOptions } from '../settings.ts';
import { type DoctorCheck, ok, problem } from './diagnosis.ts';
import type { DoctorSettings } from './settings.ts';

interface ControlOptions extends Pick<DeviceOptions, 'device'> {
  readonly checks: number;
  readonly output: Output;
}

/**
 * How often the gate would be red on nothing: the baseline against itself if it is a checkpoint, else the candidate.
 */
export function controlCheck(settings: DoctorSettings, { device, checks, output }: ControlOptions): DoctorCheck {
  const { baseline, checkpoint, reference, policy } = settings;
  const path = settings.isBaselineNamed && !baseline.endsWith('.json') ? baseline : checkpoint;
  return {
    name: 'control',
    run: async () => {
      const found = await output.withProgress((onProgress) =>
        control({
          model: {
            checkpoint: path ?? undefined,
            reference: reference ?? undefined,
            endpoint: endpointFromOptions(serverOf(settings), output),
          },
          ...{ policy, weights: { device }, checks, today: output.now, onProgress },
        }),
      );
      const text = controlSentence(found);
      if (found.red === 0) return ok(text);
      return problem(text, 'let a server answer one request at a time, or on one card, and run it again');
    },
  };
}

function serverOf({ endpoint, model, tokenizer }: DoctorSettings) {
  if (endpoint === null) return {};
  return { endpoint, ...(model === null ? {} : { model }), ...(tokenizer === null ? {} : { tokenizer }) };
}
