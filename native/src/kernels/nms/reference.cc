// nms: candidates in a heap by score; each is compared with those taken since it was last looked at.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <algorithm>

#include "kernels/nms/op.h"
#include "kernels/nms/overlap.h"

namespace sinter {
namespace {

struct Candidate {
  int32_t index;
  float score;
  int32_t seen;  // of the boxes taken, how many it was compared with
};

bool worse(const Candidate& a, const Candidate& b) {
  return a.score < b.score;
}

void ordered(const float* box, float* corners) {
  corners[0] = smaller(box[0], box[2]);
  corners[1] = smaller(box[1], box[3]);
  corners[2] = larger(box[0], box[2]);
  corners[3] = larger(box[1], box[3]);
}

}  // namespace

int64_t nms_scratch(const void* params, int) {
  return static_cast<const NmsParams*>(params)->boxes * int64_t{sizeof(Candidate)};
}

void nms_f32_reference(const Call* call) {
  const NmsParams& p = *static_cast<const NmsParams*>(call->params);
  const float* boxes = static_cast<const float*>(call->slots[NMS_BOXES]);
  const float* scores = static_cast<const float*>(call->slots[NMS_SCORES]);
  int32_t* indices = static_cast<int32_t*>(call->slots[NMS_INDICES]);
  float* selected = static_cast<float*>(call->slots[NMS_SELECTED]);
  Candidate* heap = static_cast<Candidate*>(call->scratch);
  memset(indices, 0, sizeof(int32_t) * static_cast<size_t>(p.max_output));
  memset(selected, 0, sizeof(float) * static_cast<size_t>(p.max_output));
  int32_t waiting = 0, taken = 0;
  for (int32_t i = 0; i < p.boxes; i++) {
    if (!(scores[i] > p.score_threshold)) continue;
    heap[waiting++] = {i, scores[i], 0};
    std::push_heap(heap, heap + waiting, worse);
  }
  const int32_t most = waiting < p.max_output ? waiting : p.max_output;
  const float scale = p.sigma > 0 ? static_cast<float>(-0.5 / static_cast<double>(p.sigma)) : 0;
  while (taken < most && waiting > 0) {
    std::pop_heap(heap, heap + waiting, worse);
    Candidate next = heap[--waiting];
    const float before = next.score;
    float mine[4], other[4];
    ordered(boxes + int64_t{4} * next.index, mine);
    bool struck = false;
    for (int32_t j = taken - 1; j >= next.seen; j--) {
      ordered(boxes + int64_t{4} * indices[j], other);
      const float iou = overlap(mine, other);
      struck = iou >= p.iou_threshold;
      if (struck) break;
      if (p.sigma > 0) next.score *= expf(scale * iou * iou);
      if (next.score <= p.score_threshold) break;
    }
    next.seen = taken;
    if (struck) continue;
    if (next.score == before) {
      indices[taken] = next.index;
      selected[taken] = next.score;
      taken++;
    }
    // A box that was taken waits again, too: it overlaps itself wholly and is struck out.
    if (next.score > p.score_threshold) {
      heap[waiting++] = next;
      std::push_heap(heap, heap + waiting, worse);
    }
  }
  *static_cast<int32_t*>(call->slots[NMS_COUNT]) = taken;
}

}  // namespace sinter
