/** Named as Node and the browsers name it, so that what a handler waits for rejects in the usual way. */
export function abortError(message: string): Error {
  const error = new Error(message);
  error.name = 'AbortError';
  return error;
}
