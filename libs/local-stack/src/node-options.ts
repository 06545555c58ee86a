/** How Node is started, here and in the images; a test compares them. What each of them is for: docs/operations.md. */
export interface NodeOptions {
  readonly flags: readonly string[];
  /** Read by the C library before Node begins. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A batch is garbage as soon as it is committed: with the usual young generation it is copied several times before. And
 * what is called for each message is compiled after a quarter of the usual number of calls.
 */
const MESSAGE_FLAGS = ['--max-semi-space-size=32', '--interrupt-budget=16000'] as const;

/** Where a team's own code fails is to be seen. */
export const TASK_SERVER_NODE: NodeOptions = {
  flags: ['--enable-source-maps', ...MESSAGE_FLAGS],
  environment: {},
};

/**
 * It gives memory back itself, without what V8 drops with it; large buffers are given back at once, where glibc would
 * keep them among what is in use. The maps of all its sources are not worth their memory.
 */
export const CEREBRO_NODE: NodeOptions = {
  flags: [...MESSAGE_FLAGS, '--no-memory-reducer'],
  environment: { MALLOC_MMAP_THRESHOLD_: '131072' },
};
