let thread: i32 = 0;

/** Numbers the threads, the main one 0. Each has an instance of its own, and with it this variable. */
export function setThread(index: i32): void {
  thread = index;
}

/** This thread's own part of scratch memory that holds `bytes` for each thread. */
// @ts-ignore: decorator
@inline
export function ownScratch(scratch: usize, bytes: usize): usize {
  return scratch + <usize>thread * bytes;
}
