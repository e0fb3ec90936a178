// How much two boxes overlap: the area they share by the area they cover.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_NMS_OVERLAP_H_
#define SINTER_KERNELS_NMS_OVERLAP_H_

namespace sinter {

static inline float smaller(float a, float b) {
  return b < a ? b : a;
}
static inline float larger(float a, float b) {
  return a < b ? b : a;
}

// Corners y_min, x_min, y_max, x_max; a box without area overlaps nothing.
static inline float overlap(const float* a, const float* b) {
  const float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  if (area_a <= 0 || area_b <= 0) return 0;
  const float height = larger(smaller(a[2], b[2]) - larger(a[0], b[0]), 0);
  const float width = larger(smaller(a[3], b[3]) - larger(a[1], b[1]), 0);
  const float shared = height * width;
  return shared / (area_a + area_b - shared);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_NMS_OVERLAP_H_
