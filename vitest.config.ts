import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // No test finds what another has left, or what a developer has.
    env: { ORT_DISABLE_TELEMETRY: '1', SHADOW_GATE_CACHE: 'off' },
  },
});
