// Maps a stream by asynchronous calls, several at a time, and gives the results in the order of the inputs.

/**
 * Yields `map` of each input, in order, with up to `width` calls under way. A failed call ends the stream with its error, after
 * those before it.
 */
export async function* mapInOrder<T, R>(
  inputs: AsyncIterable<T>,
  width: number,
  map: (input: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  const start = (input: T): void => {
    const call = map(input);
    // Its error is told when its turn comes; until then it must not count as unhandled.
    call.catch(() => undefined);
    underWay.push(call);
  };
  for await (const input of inputs) {
    start(input);
    const oldest = underWay.length >= width ? underWay.shift() : undefined;
    if (oldest !== undefined) yield await oldest;
  }
  for (const call of underWay) yield await call;
}
