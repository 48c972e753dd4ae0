import * as ort from 'onnxruntime-node';

// On by default on Linux from 1.29 on; a gate sends nothing anywhere. Read at the first session.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
// CUDA multiplies float32 with 10 bits of mantissa by default (TF32), an error near 10⁻³: no bracket would hold. The binding
// passes no `use_tf32` on to the provider, so NVIDIA's libraries are told; whatever the user's environment says.
process.env.NVIDIA_TF32_OVERRIDE = '0';
ort.env.logLevel = 'fatal';

export { ort };
