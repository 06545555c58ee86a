// The node environment, and after the last hook of an outermost describe, and of the file, the end of all that the testkit
// started for it.
import asyncHooks from 'node:async_hooks';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const CLOSERS = Symbol.for('cordyna.testkit.closers');

const { AsyncLocalStorage } = asyncHooks;

/** Which test runs, for Jest: they run one after another, so that it need not be followed through each promise. */
class RunningTest {
  #store;

  getStore() {
    return this.#store;
  }

  run(store, work) {
    const before = this.#store;
    const end = () => (this.#store = before);
    this.#store = store;
    const result = work();
    if (typeof result?.then === 'function') result.then(end, end);
    else end();
    return result;
  }
}

export default class CordynaEnvironment extends TestEnvironment {
  /** How many things were started before the outermost describe that runs. */
  #before = 0;

  /** In a context that Node intercepts, each look at a global goes through a proxy of Jest's. */
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    asyncHooks.AsyncLocalStorage = RunningTest;
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }

  async handleTestEvent(event) {
    if (event.name === 'setup') asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
    if (event.name === 'run_finish') await this.#close(this.#closers().splice(0));
    if (event.describeBlock?.parent?.parent !== undefined || !event.describeBlock?.parent) return;
    if (event.name === 'run_describe_start') this.#before = this.#closers().length;
    if (event.name === 'run_describe_finish') {
      const started = this.#closers().splice(this.#before);
      this.#closers().push(...started.filter(({ isShared }) => isShared));
      await this.#close(started.filter(({ isShared }) => !isShared));
    }
  }

  async teardown() {
    await this.#close(this.#closers().splice(0));
    await super.teardown();
  }

  #closers() {
    return this.global?.[CLOSERS] ?? [];
  }

  async #close(closers) {
    const failures = [];
    for (const { what, close } of closers.reverse()) {
      await close().catch((error) => failures.push(`${what}: ${error?.message ?? error}`));
    }
    if (failures.length > 0)
      throw new Error(`What the testkit started could not be ended:\n${failures.join('\n')}`);
  }
}
