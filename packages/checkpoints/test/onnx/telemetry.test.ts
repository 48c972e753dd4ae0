import { expect, it, vi } from 'vitest';

it.each([['0'], [''], ['false']])('telemetry stays off with ORT_DISABLE_TELEMETRY=%j', async (value) => {
  vi.stubEnv('ORT_DISABLE_TELEMETRY', value);
  vi.resetModules();
  await import('@shadow-gate/checkpoints/onnx');
  // onnxruntime reads it at the first session.
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
});
