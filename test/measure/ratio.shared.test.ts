import type { Component, ModuleType } from '@shadow-gate/checkpoints/naming';
import { describe, expect, it } from 'vitest';
import { summarizeDelta } from '../../src/measure/aggregate.ts';
import type { TensorMeasurement } from '../../src/measure/schema/measurement.ts';

/** The update of one matrix, of which the summary reads no more than this. */
function update(module: ModuleType, topEnergy: number, component: Component | null = null): TensorMeasurement {
  return {
    of: 'delta',
    name: `layers.0.${module}.weight`,
    module,
    component,
    status: 'measured',
    metrics: { topEnergy: { '5%': topEnergy }, frobeniusNorm: 1, updateSize: 0.1 },
  } as unknown as TensorMeasurement;
}

describe('the MLP ÷ attention ratio of a model with recurrent layers', () => {
  it('counts their projections as attention, and their gates, convolutions and routers as neither', () => {
    const neither = (['recurrent_gate', 'recurrent_conv', 'router', 'mtp_proj'] as const).map((module) =>
      update(module, 0.95),
    );
    const delta = summarizeDelta([
      ...neither,
      update('up_proj', 0.6),
      update('q_proj', 0.2),
      update('recurrent_in', 0.3),
      update('recurrent_out', 0.4),
    ]);
    // The medians of {0.6} and of {0.2, 0.3, 0.4}.
    expect(delta).toMatchObject({ mlpTopEnergy: 0.6, attentionTopEnergy: 0.3, mlpAttentionRatio: 2 });
  });

  it.each([null, 'language'] as const)('leaves out layers that predict further tokens: component %s', (component) => {
    const delta = summarizeDelta([
      update('up_proj', 0.6, component),
      update('q_proj', 0.3, component),
      update('up_proj', 0.9, 'mtp'),
      update('q_proj', 0.1, 'mtp'),
    ]);
    expect(delta).toMatchObject({ mlpTopEnergy: 0.6, attentionTopEnergy: 0.3, mlpAttentionRatio: 2 });
  });

  it('is there for a model without attention', () => {
    const delta = summarizeDelta([update('expert_latent_proj', 0.6), update('recurrent_in', 0.4)]);
    expect(delta.mlpAttentionRatio).toBeCloseTo(1.5, 9);
  });
});
