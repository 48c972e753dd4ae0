import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listMatrices } from '../../src/checkpoint/list-matrices.ts';
import { openReference } from '../../src/checkpoint/open.ts';
import { quantizationOf } from '../../src/checkpoint/quantization.ts';
import { tensorValue } from '../../src/checkpoint/tensor-value.ts';
import type { TensorEntry } from '../../src/checkpoint/types.ts';
import { ElementType, Graph } from '../../src/onnx/graph.ts';
import { float32Output, runGraph } from '../../src/onnx/session.ts';
import { fixture } from '../fixtures.ts';
import { CPU, difference, readCases, TOLERANCE, withEngine } from '../language-model/runtime/engines.ts';

const FOLDERS = readdirSync(fixture('quantized'));

async function valuesOf(entry: TensorEntry): Promise<Float32Array> {
  const graph = new Graph();
  graph.output('values', tensorValue(graph, entry), ElementType.float32);
  return float32Output(await runGraph(graph, CPU), 'values');
}

describe.each(FOLDERS)('the quantized checkpoint %s', (name) => {
  const folder = fixture('quantized', name);
  const expected: Record<string, { readonly shape: number[]; readonly sha256: string }> = JSON.parse(
    readFileSync(join(folder, 'expected.json'), 'utf8'),
  );

  it('has the numbers of its library, bit for bit', async () => {
    const { tensors } = await openReference(folder);
    const quantized = [...tensors.values()].filter(({ recipe }) => recipe !== undefined);
    expect(quantized.map((entry) => entry.name)).toEqual(Object.keys(expected).sort());
    for (const entry of quantized) {
      // Zeros have no sign here.
      const values = (await valuesOf(entry)).map((value) => value + 0);
      const sha256 = createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      expect(expected[entry.name]).toMatchObject({ shape: entry.shape, sha256: sha256.digest('hex') });
    }
  });

  it('is not refused, and every matrix of it is measured', async () => {
    const checkpoint = await openReference(folder);
    expect(quantizationOf(checkpoint)).toBeNull();
    const { matrices, skipped } = listMatrices(checkpoint);
    expect(skipped).toEqual([]);
    expect(matrices.filter(({ place }) => place.module === 'other')).toEqual([]);
  });

  it('gives the log-probabilities of transformers with these numbers', async () => {
    await withEngine(folder, {}, async (engine) => {
      for (const { tokens, logits } of readCases(join(folder, 'expected.safetensors'))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });
});
