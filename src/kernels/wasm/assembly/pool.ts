/**
 * The threads' side of `WorkerPool.ts`: a control block of 32-bit words in shared memory. Word 0 counts the jobs; word
 * 1 is the gate, closed while below zero, else the number of threads inside; word 2 is the next chunk; word 7 is the
 * number of threads that sleep or are about to.
 */
const SPINS: i32 = 200000;
const CLOSED: i32 = -0x40000000;

/** Waits until word 0 differs from `seen`, first awake, then asleep. Returns its new value. */
export function waitForJob(control: usize, seen: i32): i32 {
  for (let i = 0; i < SPINS; i++) {
    const now = atomic.load<i32>(control);
    if (now != seen) return now;
  }
  atomic.add<i32>(control + 28, 1);
  atomic.wait<i32>(control, seen, -1);
  atomic.sub<i32>(control + 28, 1);
  return atomic.load<i32>(control);
}

/** Opens the gate to a job, and wakes the threads that sleep. */
export function openJob(control: usize): void {
  atomic.store<i32>(control + 8, 0);
  atomic.add<i32>(control + 4, -CLOSED);
  atomic.add<i32>(control, 1);
  if (atomic.load<i32>(control + 28) > 0) atomic.notify(control, -1);
}

/** Enters an open gate; false where it is closed. */
export function joinJob(control: usize): bool {
  if (atomic.add<i32>(control + 4, 1) >= 0) return true;
  atomic.sub<i32>(control + 4, 1);
  return false;
}

export function leaveJob(control: usize): void {
  atomic.sub<i32>(control + 4, 1);
}

/** The next chunk that no thread has taken. */
export function takeChunk(control: usize): i32 {
  return atomic.add<i32>(control + 8, 1);
}

/** Closes the gate and waits for the threads inside to leave. */
export function closeJob(control: usize): void {
  atomic.add<i32>(control + 4, CLOSED);
  while (atomic.load<i32>(control + 4) != CLOSED) {}
}
