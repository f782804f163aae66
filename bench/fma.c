/*
 * Rate of fused multiply-adds on vectors of W floats in registers: what the processor can do at most.
 * gcc -O3 -march=native -mprefer-vector-width=512 -DW=4 bench/fma.c -o fma && ./fma    (W=4: as wasm has, 16: AVX-512)
 */
#include <stdio.h>
#include <time.h>

typedef float vector __attribute__((vector_size(4 * W)));
enum { SUMS = 12, TURNS = 1000000 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

int main(void) {
  vector sums[SUMS] = {0}, factor = {0}, term = {0};
  double start = seconds();
  long turns = 0;
  do {
    for (int turn = 0; turn < TURNS; turn++) {
#pragma GCC unroll 12
      for (int i = 0; i < SUMS; i++) {
        sums[i] = sums[i] * factor + term;
        __asm__ volatile("" : "+v"(sums[i])); /* keeps each product */
      }
    }
    turns += TURNS;
  } while (seconds() - start < 2);
  printf("%d floats: %.1f GFLOP/s\n", W, 2e-9 * W * SUMS * turns / (seconds() - start));
}
