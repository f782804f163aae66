/** Gives the event loop a turn, in which timers fire, messages arrive and signals are aborted. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
