import { END_OF_CODES } from './lzw';

/** Bytes behind input and output that may be read and written: what one turn of a loop overshoots. */
const SLACK: usize = 512;

/** Where memory is free for input and output; behind each, `slack()` bytes must be left. */
export function freeMemory(): usize {
  return (END_OF_CODES + 15) & ~15;
}

/** Bytes to leave behind input and output. */
export function slack(): usize {
  return SLACK;
}
