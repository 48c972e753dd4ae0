import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{answerQuestions,bandValues,symmetricEigenvalues}from"./shared-spectra-wasm.js";import"./shared-spectra-unchecked.js";import"./shared-empty-2.js";answerQuestions(question=>"matrix"in question?symmetricEigenvalues(question.matrix,question.size):bandValues(question));
