// The worker thread for large matrices: receives them one by one, and answers with their spectra. It is a separate file
// in dist (scripts/build.ts).
import { answerQuestions } from '../worker-pool.ts';
import { largeSpectrum } from './large-spectrum.ts';

answerQuestions(largeSpectrum);
