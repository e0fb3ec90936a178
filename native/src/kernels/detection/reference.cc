// detection: boxes from anchors, then suppression over each box's best class or class by class.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <algorithm>

#include "kernels/detection/op.h"
#include "kernels/nms/overlap.h"

namespace sinter {
namespace {

typedef DetectionParams P;

struct Ranked {
  int32_t index;
  float score;
};

struct Scratch {
  float* boxes;     // [boxes][4], corners
  Ranked* kept;     // [boxes], by score
  char* struck;     // [boxes]
  float* scores;    // [boxes], of what is looked at
  int32_t* chosen;  // [boxes]
  Ranked *best, *merged;
};

int64_t per_class(const P& p) {
  return p.detections_per_class < p.max_detections ? p.detections_per_class : p.max_detections;
}

int64_t place(const P& p, char* base, Scratch* s) {
  int64_t at = 0;
  const auto take = [&](int64_t bytes) {
    char* here = base + at;
    at += (bytes + 63) / 64 * 64;
    return here;
  };
  const int64_t n = p.boxes, list = p.max_detections + per_class(p);
  s->boxes = reinterpret_cast<float*>(take(16 * n));
  s->kept = reinterpret_cast<Ranked*>(take(8 * n));
  s->struck = take(n);
  s->scores = reinterpret_cast<float*>(take(4 * n));
  s->chosen = reinterpret_cast<int32_t*>(take(4 * n));
  s->best = reinterpret_cast<Ranked*>(take(8 * list));
  s->merged = reinterpret_cast<Ranked*>(take(8 * list));
  return at;
}

void decode(const P& p, const float* encodings, const float* anchors, float* boxes) {
  for (int64_t i = 0; i < p.boxes; i++) {
    const float* e = encodings + i * p.encoding;
    const float* a = anchors + 4 * i;
    const double ay = a[0], ax = a[1], ah = a[2], aw = a[3];
    const float y = static_cast<float>(double{e[0]} / double{p.y_scale} * ah + ay);
    const float x = static_cast<float>(double{e[1]} / double{p.x_scale} * aw + ax);
    const float h = static_cast<float>(0.5 * exp(double{e[2]} / double{p.h_scale}) * ah);
    const float w = static_cast<float>(0.5 * exp(double{e[3]} / double{p.w_scale}) * aw);
    float* box = boxes + 4 * i;
    box[0] = y - h;
    box[1] = x - w;
    box[2] = y + h;
    box[3] = x + w;
  }
}

// Boxes by s.scores, those out that overlap a better one; at most `most` into s.chosen. Returns how many.
int64_t suppress(const P& p, const Scratch& s, int64_t most) {
  int64_t count = 0, chosen = 0;
  for (int32_t i = 0; i < p.boxes; i++) {
    if (s.scores[i] >= p.score_threshold) s.kept[count++] = {i, s.scores[i]};
  }
  std::sort(s.kept, s.kept + count, [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  memset(s.struck, 0, static_cast<size_t>(count));
  for (int64_t i = 0; i < count && chosen < most; i++) {
    if (s.struck[i]) continue;
    s.chosen[chosen++] = s.kept[i].index;
    for (int64_t j = i + 1; j < count; j++) {
      if (s.struck[j]) continue;
      s.struck[j] = overlap(s.boxes + 4 * s.kept[i].index, s.boxes + 4 * s.kept[j].index) > p.iou_threshold;
    }
  }
  return chosen;
}

}  // namespace

int64_t detection_scratch(const void* params, int) {
  Scratch s;
  return place(*static_cast<const P*>(params), nullptr, &s);
}

void detection_f32_reference(const Call* call) {
  const P& p = *static_cast<const P*>(call->params);
  const float* scores = static_cast<const float*>(call->slots[DETECTION_SCORES]) + (p.columns - p.classes);
  float* out_boxes = static_cast<float*>(call->slots[DETECTION_OUT_BOXES]);
  float* out_classes = static_cast<float*>(call->slots[DETECTION_OUT_CLASSES]);
  float* out_scores = static_cast<float*>(call->slots[DETECTION_OUT_SCORES]);
  const size_t places = static_cast<size_t>(p.max_detections) * static_cast<size_t>(p.classes_per_detection);
  memset(out_boxes, 0, 16 * places);
  memset(out_classes, 0, 4 * places);
  memset(out_scores, 0, 4 * places);
  Scratch s;
  place(p, static_cast<char*>(call->scratch), &s);
  decode(p, static_cast<const float*>(call->slots[DETECTION_ENCODINGS]),
         static_cast<const float*>(call->slots[DETECTION_ANCHORS]), s.boxes);
  const auto put = [&](int64_t at, int32_t box, int32_t column, float score) {
    memcpy(out_boxes + 4 * at, s.boxes + int64_t{4} * box, 16);
    out_classes[at] = static_cast<float>(column);
    out_scores[at] = score;
  };
  int64_t count = 0;
  if (p.regular) {
    for (int32_t column = 0; column < p.classes; column++) {
      for (int64_t i = 0; i < p.boxes; i++) s.scores[i] = scores[i * p.columns + column];
      const int64_t more = suppress(p, s, per_class(p));
      // Both lists are in order; of equal scores the earlier class comes first.
      int64_t a = 0, b = 0, to = 0;
      while (a < count || b < more) {
        const bool old = b >= more || (a < count && !(s.scores[s.chosen[b]] > s.best[a].score));
        s.merged[to++] = old ? s.best[a++] : Ranked{s.chosen[b] * p.columns + column, s.scores[s.chosen[b]]};
        b += !old;
      }
      count = to < p.max_detections ? to : p.max_detections;
      memcpy(s.best, s.merged, sizeof(Ranked) * static_cast<size_t>(count));
    }
    for (int64_t i = 0; i < count; i++) {
      put(i, s.best[i].index / p.columns, s.best[i].index % p.columns, s.best[i].score);
    }
  } else {
    const int32_t each = p.classes_per_detection < p.classes ? p.classes_per_detection : p.classes;
    // The best column of a row that comes behind one: by score, then by place.
    const auto next = [&](const float* row, int32_t last) {
      int32_t best = -1;
      for (int32_t c = 0; c < p.classes; c++) {
        if (last >= 0 && (row[c] > row[last] || (row[c] == row[last] && c <= last))) continue;
        if (c != last && (best < 0 || row[c] > row[best])) best = c;
      }
      return best;
    };
    for (int64_t i = 0; i < p.boxes; i++) s.scores[i] = scores[i * p.columns + next(scores + i * p.columns, -1)];
    count = suppress(p, s, p.max_detections);
    for (int64_t i = 0; i < count; i++) {
      const float* row = scores + int64_t{s.chosen[i]} * p.columns;
      int32_t column = -1;
      for (int32_t c = 0; c < each; c++) {
        column = next(row, column);
        if (column < 0) break;  // the rest are NaN
        put(i * p.classes_per_detection + c, s.chosen[i], column, row[column]);
      }
    }
  }
  *static_cast<float*>(call->slots[DETECTION_COUNT]) = static_cast<float>(count);
}

}  // namespace sinter
