import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { editTensor } from '../../packages/checkpoints/test/edit-tensor.ts';
import type { Report } from '../../src/compare/report.ts';
import { type CheckResult, check } from '../../src/gate/check.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { parseReport, serializeReport } from '../../src/report/json.ts';
import { temporaryFolder } from '../fixtures.ts';
import { checkOptions, type FlatOptions } from './check-options.ts';
import { reasonsOf } from './reasons.ts';

/** Run the gate on the CPU, in the same order of asking every time, and make sure that its files can be read again. */
export async function runGate(options: FlatOptions & { readonly checkpoint: string }): Promise<CheckResult> {
  const result = await check(checkOptions({ device: 'cpu', orderSeed: 1, ...options }));
  measurementSchema.parse(JSON.parse(JSON.stringify(result.measurement)));
  parseReport(JSON.stringify(serializeReport(result.report)), 'report.json');
  return result;
}

/** The entries of report.json that decide the verdict. */
export function decisiveReasons(report: Report) {
  return reasonsOf(report).filter(({ level }) => level !== 'info');
}

/** The rules of the findings that decide the verdict. */
export function decisiveRules(report: Report): string[] {
  return decisiveReasons(report).map(({ rule }) => rule);
}

/** The probes of a measurement in which they ran. */
export function probesOf({ probes }: CheckResult['measurement']): MeasuredProbes {
  if (probes?.status !== 'measured') throw new Error('the probes did not run');
  return probes;
}

export type TensorEdit = (values: Float32Array, shape: readonly number[]) => void;

/** A copy of a checkpoint folder with one float32 tensor changed. */
export function editedCopy(checkpoint: string, name: string, edit: TensorEdit): string {
  const folder = join(temporaryFolder(), 'checkpoint');
  cpSync(checkpoint, folder, { recursive: true });
  editTensor(join(folder, 'model.safetensors'), name, edit);
  return folder;
}
