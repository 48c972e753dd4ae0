import { DEVICE_CHOICES, type DeviceChoice } from '@shadow-gate/checkpoints/onnx';

/** What `--device` of a script says. @throws Error for another word */
export function parseDevice(text: string): DeviceChoice {
  const choice = DEVICE_CHOICES.find((known) => known === text);
  if (choice === undefined) throw new Error(`--device ${text}: use ${DEVICE_CHOICES.join(', ')}`);
  return choice;
}
