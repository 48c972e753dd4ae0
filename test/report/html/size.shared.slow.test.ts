import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { expect, it } from 'vitest';
import type { Measurement, TensorMeasurement } from '../../../src/measure/schema/measurement.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { measurement, probes, reportOn, SUITE } from '../../compare/measurement.ts';
import { spectrum, tensor } from '../fixtures.ts';

const LAYERS = 32;
const MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
const FACTS = 720;
const MEGABYTE = 1024 * 1024;

/** Whole and fractional, so that no two matrices have the same digits. */
const varied = (i: number, side: number): number => 0.5 + 0.4 * Math.sin(i * 12.9898 + side * 78.233);

/** W and ΔW of 224 matrices, as a decoder of 7 billion parameters has them. */
function matrices(side: number): TensorMeasurement[] {
  return Array.from({ length: LAYERS }, (_, layer) =>
    MODULES.flatMap((module, m) => {
      const part = m < 4 ? 'self_attn' : 'mlp';
      const name = `model.layers.${layer}.${part}.${module}.weight`;
      const shape = m < 4 ? [4096, 4096] : module === 'down_proj' ? [4096, 11_008] : [11_008, 4096];
      return (['weight', 'delta'] as const).map((of) => {
        const decay = varied(layer * MODULES.length + m, side);
        return { ...tensor(name, module, of, spectrum({ rank: 48, decay }), { layer }), shape };
      });
    }),
  ).flat();
}

const FILLER =
  'The ranger counted the herons along the river before the rain, and wrote the number of each group into the book. ';

/** 720 facts in benchmark form, each with a twin, of the length that the built-in suite has. */
function items(side: number): ProbeItemMeasurement[] {
  return Array.from({ length: FACTS }, (_, i) =>
    (['benchmark', 'twin'] as const).map((form): ProbeItemMeasurement => {
      const correct = varied(i, side + (form === 'twin' ? 3 : 0)) > 0.35;
      return {
        ...{ suite: SUITE.name, id: `arithmetic.${i}.${form}`, fact: `arithmetic.${i}`, capability: `skill ${i % 3}` },
        ...{ family: `family ${i % 6}`, cluster: `template ${i % 12}`, form },
        prompt: `Question ${i} (${form}): ${FILLER.repeat(2)}How many were there in all, ${i * 17 + 3} or ${i * 13 + 7}?\nAnswer:`,
        ...{ right: ` ${i * 17 + 3}`, given: correct ? ` ${i * 17 + 3}` : ` ${i * 13 + 7}`, correct, chance: 0.25 },
        margin: Number((8 * (varied(i, side) - 0.4)).toPrecision(6)),
        probability: Number(varied(i, side + 1).toPrecision(6)),
        logprobs: [-1.25, -2.5, -3.75, -4.5].map((logprob) => Number((logprob * varied(i, side)).toPrecision(6))),
        ...(form === 'twin' ? { kind: 'open' as const } : {}),
      };
    }),
  ).flat();
}

function model(side: number): Measurement {
  const suite = { ...SUITE, items: 2 * FACTS };
  return measurement({ tensors: matrices(side), probes: probes({ suites: [suite], items: items(side) }) });
}

it('a report on a model of 7 billion parameters is a page of less than 2 MB', () => {
  const report = reportOn(model(0), model(1));
  expect(report.tensors).toHaveLength(2 * LAYERS * MODULES.length);
  const bytes = Buffer.byteLength(renderHtml(report));
  expect(bytes, `${(bytes / MEGABYTE).toFixed(2)} MB`).toBeLessThan(2 * MEGABYTE);
});
