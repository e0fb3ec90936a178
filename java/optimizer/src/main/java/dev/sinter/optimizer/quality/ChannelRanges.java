// The smallest and largest value of each channel on examples.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Graph;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.SessionSlots;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Channels are indices along the last axis.
 *
 * @param lowest by name of the tensor, one per channel
 * @param highest by name of the tensor, one per channel
 */
record ChannelRanges(Map<String, float[]> lowest, Map<String, float[]> highest) {
  /** Tensors read in one run. */
  private static final int AT_ONCE = 8;

  static ChannelRanges measure(
      Graph graph, InputSource source, List<Integer> tensors, Options options) {
    ChannelRanges ranges = new ChannelRanges(new HashMap<>(), new HashMap<>());
    for (int from = 0; from < tensors.size(); from += AT_ONCE) {
      List<String> names =
          tensors.subList(from, Math.min(from + AT_ONCE, tensors.size())).stream()
              .map(t -> graph.tensor(t).name())
              .toList();
      Graph head = graph.withOutputs(names);
      InputSource.Feed feed = source.open(head);
      try (Model model = Model.load(head, options);
          Session session = model.newSession()) {
        for (int run = 0; run < feed.runs(); run++) {
          feed.fill(run, new SessionSlots(session));
          session.run();
          for (int i = 0; i < names.size(); i++) {
            int rank = session.outputs().get(i).shape().rank();
            int channels = rank == 0 ? 1 : session.outputs().get(i).shape().dim(rank - 1);
            ranges.add(names.get(i), session.outputReals(i), channels);
          }
        }
      }
    }
    return ranges;
  }

  private void add(String name, float[] values, int channels) {
    float[] low = lowest.computeIfAbsent(name, k -> filled(channels, Float.POSITIVE_INFINITY));
    float[] high = highest.computeIfAbsent(name, k -> filled(channels, Float.NEGATIVE_INFINITY));
    for (int i = 0; i < values.length; i++) {
      int c = i % channels;
      low[c] = Math.min(low[c], values[i]);
      high[c] = Math.max(high[c], values[i]);
    }
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  /** The larger of both magnitudes. */
  Map<String, float[]> magnitudes() {
    Map<String, float[]> out = new HashMap<>();
    lowest.forEach(
        (name, low) -> {
          float[] most = new float[low.length];
          for (int c = 0; c < most.length; c++) {
            most[c] = Math.max(Math.abs(low[c]), Math.abs(highest.get(name)[c]));
          }
          out.put(name, most);
        });
    return out;
  }
}
