import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

const MAX_RECENT = 20_000;
const LEASE_BYTES = 43;
/** What is compared: two updates of each task are. */
const GIVEN = Buffer.alloc(LEASE_BYTES);
const EXPECTED = Buffer.alloc(LEASE_BYTES);

/**
 * The proof that an update comes from the server that was invoked: HMAC-SHA256(installation's secret, server and
 * invocation), 43 characters of base64url. Never stored: computed when a command leaves and when an update comes in, and
 * remembered in between, for an attempt asks for it three times in a row.
 */
export class Leases {
  private secret: KeyObject | null = null;
  /** By invocation. */
  private readonly recent = new Map<string, { readonly server: string; readonly lease: string }>();

  /** The installation's secret, the same for every coordinator. */
  use(secret: string): void {
    this.secret = createSecretKey(secret, 'utf8');
    this.recent.clear();
  }

  /** @throws Error before the secret is known */
  of(server: string, invocation: string): string {
    if (this.secret === null) throw new Error('the installation secret is not known yet');
    const known = this.recent.get(invocation);
    if (known?.server === server) return known.lease;
    const lease = createHmac('sha256', this.secret).update(`${server}\n${invocation}`).digest('base64url');
    if (this.recent.size >= MAX_RECENT) this.recent.clear();
    this.recent.set(invocation, { server, lease });
    return lease;
  }

  /** Compared in constant time. */
  isValid(lease: string, server: string, invocation: string): boolean {
    const expected = this.of(server, invocation);
    if (lease.length !== LEASE_BYTES || GIVEN.write(lease) !== LEASE_BYTES) return false;
    EXPECTED.write(expected);
    return timingSafeEqual(GIVEN, EXPECTED);
  }
}
