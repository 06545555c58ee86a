/** A function of one thing, of which the last one and its result are kept: messages that follow each other share times. */
export function remembered<T, R>(resultOf: (of: T) => R): (of: T) => R {
  let last: { readonly of: T; readonly result: R } | undefined;
  return (of) => {
    if (last?.of !== of) last = { of, result: resultOf(of) };
    return last.result;
  };
}
