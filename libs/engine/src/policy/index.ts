export { declarationFindings, jobFindings } from './findings.js';
export type { CompilePattern, Finding } from './findings.js';
export { declarationOf as declarationInForce } from './declared.js';
export { policyErrors, policyOf } from './policy.js';
