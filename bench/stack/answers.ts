/** What a child of the bench answers to; `ready` is asked first. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** The child's side of the channel. Ends the process with it. */
export function answer(answers: Answers, close: () => Promise<unknown>): void {
  process.on('message', (message) => {
    const { id, what, argument } = message as { id: number; what: string; argument: never };
    Promise.resolve()
      .then(() => {
        const found = answers[what];
        if (!found) throw new Error(`nothing answers to ${what}`);
        return found(argument);
      })
      .then(
        (result) => process.send?.({ id, result }),
        (error: unknown) =>
          process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
      );
  });
  process.once('disconnect', () => {
    void close().finally(() => process.exit(0));
  });
}
