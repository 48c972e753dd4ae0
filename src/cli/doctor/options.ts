import type { Half } from '../../measure/options.ts';
import type { DeviceOptions } from '../options.ts';

export interface DoctorOptions extends DeviceOptions {
  checkpoint?: string;
  reference?: string;
  baseline?: string;
  policy?: string;
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  only?: Half;
  control?: number;
  json?: boolean;
}
