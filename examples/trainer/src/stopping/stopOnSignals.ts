const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof EXIT_CODES;

/**
 * A shell and npm both hand on a Ctrl-C that the process has from the terminal already: within so many milliseconds it
 * is one.
 */
const SAME_PRESS = 500;

/** Why a run is to stop: the reason of the signal that `stopOnSignals` returns. */
export class StopRequest extends Error {
  /** What a shell says of a process that this signal ended. */
  readonly exitCode: number;

  constructor(readonly by: StopSignal) {
    super(`stopped by ${by}`);
    this.exitCode = EXIT_CODES[by];
  }
}

/**
 * Turns the first Ctrl-C, SIGTERM or SIGHUP into an abort, whose reason is a {@link StopRequest}. The next one ends the
 * process at once, by the system itself, however busy the event loop is.
 */
export function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  const signals = Object.keys(EXIT_CODES) as StopSignal[];
  let first = 0;
  const hear = (by: StopSignal) => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_PRESS) process.exit(EXIT_CODES[by]);
      return;
    }
    first = performance.now();
    const again = by === 'SIGINT' ? '; press Ctrl-C again to stop at once' : '';
    console.error(`\n${by}: stopping after what is under way${again}`);
    controller.abort(new StopRequest(by));
    const letGo = () => signals.forEach((name) => void process.off(name, hear));
    // Behind the turn in which one that came meanwhile is heard.
    setTimeout(() => setImmediate(letGo), SAME_PRESS).unref();
  };
  for (const name of signals) process.on(name, hear);
  // A terminal that was closed takes no more lines; the run is still to be saved.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return controller.signal;
}
