import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The proof that an update comes from the server that was invoked: HMAC-SHA256(installation's secret, server and
 * invocation), 43 characters of base64url. Never stored: computed when a command leaves and when an update comes in.
 */
export class Leases {
  private secret: string | null = null;

  /** The installation's secret, the same for every coordinator. */
  use(secret: string): void {
    this.secret = secret;
  }

  /** @throws Error before the secret is known */
  of(server: string, invocation: string): string {
    if (this.secret === null) throw new Error('the installation secret is not known yet');
    return createHmac('sha256', this.secret).update(`${server}\n${invocation}`).digest('base64url');
  }

  /** Compared in constant time. */
  isValid(lease: string, server: string, invocation: string): boolean {
    const expected = Buffer.from(this.of(server, invocation));
    const given = Buffer.from(lease);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
