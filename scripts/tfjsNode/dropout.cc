/* Dropout, and its gradient. */
#include <algorithm>

#include "layers.h"
#include "vector.h"

namespace layers {
namespace {

/** Values of an item: four words of each of eight blocks of the generator. */
constexpr int64_t ITEM = 2 * LANES;

/** Eight numbers of 64 bits. */
typedef uint64_t L __attribute__((vector_size(64)));
typedef uint8_t Bytes __attribute__((vector_size(16)));

constexpr uint64_t LOW = 0xffffffff;

/** Ones in the lanes that are kept: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). */
INLINE void drawItem(const Drops& drops, int64_t item, I kept[2]) {
  // A block a lane, of which a word is the lower half.
  L c0 = {0, 1, 2, 3, 4, 5, 6, 7}, c1 = {}, c2 = {}, c3 = {};
  c0 = (c0 + (uint64_t)item * 8) & LOW;
  c1 += drops.step;
  c2 += drops.stream;
  uint32_t k0 = drops.key[0], k1 = drops.key[1];
  for (int round = 0; round < 10; ++round) {
    const L first = c0 * 0xd2511f53ull, second = c2 * 0xcd9e8d57ull;
    c0 = (second >> 32) ^ c1 ^ (uint64_t)k0;
    c1 = second & LOW;
    c2 = (first >> 32) ^ c3 ^ (uint64_t)k1;
    c3 = first & LOW;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  // Four words of each block, one block after the other.
  const L pairs[2] = {c0 | c1 << 32, c2 | c3 << 32};
  const L words[2] = {__builtin_shuffle(pairs[0], pairs[1], L{0, 8, 1, 9, 2, 10, 3, 11}),
                      __builtin_shuffle(pairs[0], pairs[1], L{4, 12, 5, 13, 6, 14, 7, 15})};
  const int32_t threshold = drops.threshold;
  UNROLLED for (int half = 0; half < 2; ++half) {
    const I upper = ((I)words[half] >> 8) & 0xffffff;
    kept[half] = upper >= threshold;
  }
}

CLONES void dropItems(int64_t begin, int64_t end, int64_t count, const Drops& drops, const float* x, float* y,
                      bool* mask) {
  for (int64_t item = begin; item < end; ++item) {
    I kept[2];
    drawItem(drops, item, kept);
    UNROLLED for (int half = 0; half < 2; ++half) {
      const int64_t first = item * ITEM + half * LANES, lanes = std::min<int64_t>(LANES, count - first);
      if (lanes <= 0) break;
      const Bytes bytes = __builtin_convertvector(kept[half] & 1, Bytes);
      std::memcpy(mask + first, &bytes, lanes);
      const V factor = kept[half] ? splat(drops.scale) : V{};
      storeLanes(y + first, loadLanes(x + first, lanes) * factor, lanes);
    }
  }
}

CLONES void scaleRange(int64_t begin, int64_t end, float scale, const float* dy, const bool* mask, float* dx) {
  int64_t i = begin;
  for (; i + LANES <= end; i += LANES) {
    Bytes bytes;
    std::memcpy(&bytes, mask + i, sizeof bytes);
    store(dx + i, load(dy + i) * (__builtin_convertvector(bytes, V) * scale));
  }
  for (; i < end; ++i) dx[i] = dy[i] * (mask[i] ? scale : 0);
}

}  // namespace

void dropout(const Parallel& parallel, int64_t count, const Drops& drops, const float* x, float* y, bool* mask) {
  parallel((count + ITEM - 1) / ITEM, 60, [=, &drops](int64_t begin, int64_t end) {
    dropItems(begin, end, count, drops, x, y, mask);
  });
}

void dropoutGradient(const Parallel& parallel, int64_t count, float scale, const float* dy, const bool* mask,
                     float* dx) {
  parallel(count, 0.5, [=](int64_t begin, int64_t end) { scaleRange(begin, end, scale, dy, mask, dx); });
}

}  // namespace layers
