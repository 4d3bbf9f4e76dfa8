export { formatVerification } from './format-verification.ts';
export { type Verification, type VerifyOptions, type VerifyProblem, verifyStructure } from './verify.ts';
