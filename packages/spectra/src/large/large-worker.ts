// The worker thread for spectra of large matrices. It is a separate file in dist (scripts/build.ts).
import { answerQuestions } from '../worker-pool.ts';
import { largeSpectrum } from './large-spectrum.ts';

answerQuestions(largeSpectrum);
