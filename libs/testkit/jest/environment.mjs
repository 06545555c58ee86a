// The node environment, and after a file's last hook the end of all that the testkit started for it.
import { TestEnvironment } from 'jest-environment-node';

const CLOSERS = Symbol.for('cordyna.testkit.closers');

export default class CordynaEnvironment extends TestEnvironment {
  async handleTestEvent(event) {
    if (event.name === 'run_finish') await this.#close();
  }

  async teardown() {
    await this.#close();
    await super.teardown();
  }

  async #close() {
    const closers = this.global?.[CLOSERS]?.splice(0).reverse() ?? [];
    const failures = [];
    for (const { what, close } of closers) {
      await close().catch((error) => failures.push(`${what}: ${error?.message ?? error}`));
    }
    if (failures.length > 0)
      throw new Error(`What the testkit started could not be ended:\n${failures.join('\n')}`);
  }
}
