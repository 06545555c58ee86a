import { POLICY_NAME, type PolicyBody } from '@cordyna/protocol/model';
import { inForce } from '../definitions/index.js';
import type { Registry } from '../model/index.js';
import type { CompilePattern } from './findings.js';

/** The policy in force; null when there is none. */
export function policyOf(registry: Pick<Registry, 'definitions'>): PolicyBody | null {
  return (inForce(registry, 'policy', POLICY_NAME)?.body as PolicyBody | undefined) ?? null;
}

/** What is wrong with a policy; its shape is checked where it is read. */
export function policyErrors(
  policy: PolicyBody,
  compile: CompilePattern,
): readonly { readonly path: string; readonly message: string }[] {
  return (['servers', 'tasks', 'jobs'] as const).flatMap((about) => {
    const pattern = policy[about]?.naming?.pattern;
    if (pattern === undefined) return [];
    try {
      compile(pattern);
      return [];
    } catch (error) {
      return [{ path: `/${about}/naming/pattern`, message: (error as Error).message }];
    }
  });
}
