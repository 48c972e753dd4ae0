import * as ort from 'onnxruntime-node';

// On by default on Linux from 1.29 on; a gate sends nothing anywhere. Read at the first session.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
ort.env.logLevel = 'error';

export { ort };
