import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The proof that an update comes from the server that was invoked: HMAC-SHA256(installation's secret, server and
 * invocation), 43 characters of base64url. Never stored: computed when a command leaves and when an update comes in.
 */
export class Leases {
  constructor(private readonly secret: string) {}

  of(server: string, invocation: string): string {
    return createHmac('sha256', this.secret).update(`${server}\n${invocation}`).digest('base64url');
  }

  /** Compared in constant time. */
  isValid(lease: string, server: string, invocation: string): boolean {
    const expected = Buffer.from(this.of(server, invocation));
    const given = Buffer.from(lease);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
