export {
  type CudaSettings,
  configureCuda,
  cudaOptions,
  cudaSettings,
  LIBRARIES_WORDS,
  type LibrariesChoice,
  parseLibraries,
} from './cuda/settings.ts';
export { chooseDevice, chooseModelDevice, DEVICE_CHOICES, type DeviceChoice } from './device.ts';
export { matrixRate } from './matrix-rate.ts';
export {
  DEVICE_RESERVE,
  type Device,
  deviceWithMemory,
  float32Data,
  float32Output,
  float64Device,
  float64Output,
  int64Output,
  openKernel,
  openSession,
  runGraph,
  type Session,
  type SessionOutputs,
  type Tensor,
  tensor,
  tensorOutput,
} from './session.ts';
