/*
 * Memory that was freed stays with the process: `setup:tfjs-node` compiles this into the addon.
 *
 * The C library gives large blocks back to the system when they are freed and fetches others, page by page, in the next
 * operation: a tenth of the time of a training step with filters of 38 MB, of which oneDNN makes copies in its own
 * order.
 */
#include <malloc.h>

namespace {

__attribute__((constructor)) void keepMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
}

}  // namespace
