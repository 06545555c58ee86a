import { declarationFindings, declarationInForce, policyErrors, type Registry } from '@cordyna/engine';
import type { PolicyBody } from '@cordyna/protocol/model';
import { compilePattern } from '../patterns.js';
import type { KindRules } from './kinds.js';

const MAX_TOLD = 100;

export const policyRules: KindRules = {
  check: (registry, _, body) => {
    const policy = body as unknown as PolicyBody;
    const errors = policyErrors(policy, compilePattern);
    return { errors, warnings: errors.length > 0 ? [] : warningsOf(policy, registry) };
  },
};

/** What is declared stays in force; its next declaration is judged by the policy. */
function warningsOf(policy: PolicyBody, { servers }: Registry): readonly string[] {
  const found = [...servers.values()].flatMap((server) =>
    declarationFindings(policy, declarationInForce(server), compilePattern).map(
      ({ level, path, message }) =>
        `${server.server} ${level === 'refuse' ? 'would be refused' : 'would be warned'}: ${path} ${message}`,
    ),
  );
  const left = found.length - MAX_TOLD;
  return left > 0 ? [...found.slice(0, MAX_TOLD), `and ${left} more`] : found;
}
