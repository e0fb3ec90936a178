// Says in words what is wrong with a layer.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** From the measurements of a layer to its likely fault. */
public final class Diagnosis {
  private static final double POOR_DB = 25;

  private Diagnosis() {}

  /** The fault of the layer of a set that has the largest one. */
  static String of(List<LayerReport> layers, Collection<Integer> set) {
    LayerReport worst = null;
    for (int i : set) {
      LayerReport l = layers.get(i);
      if (worst == null || noise(l) > noise(worst)) {
        worst = l;
      }
    }
    return worst == null ? "" : of(worst);
  }

  private static double noise(LayerReport l) {
    double own = l.own() == null ? 0 : l.own().noise();
    return l.rounding() == null ? own : Math.max(own, l.rounding().noise());
  }

  /**
   * Names the likely fault.
   *
   * @param l a layer
   * @return one line
   */
  public static String of(LayerReport l) {
    TensorValues v = l.values();
    boolean stored = l.rounding() != null && l.rounding().noise() >= noise(l) / 4;
    if (stored && l.rounding().snrDb() < POOR_DB && v != null && v.clipped() > 0.001) {
      return text(
          "%.1f %% of its values do not fit the range of its type (%.4g to %.4g): calibrated too small",
          100 * v.clipped(), v.min(), v.max());
    }
    if (stored && l.rounding().snrDb() < POOR_DB && v != null && v.rangeUse() < 0.5) {
      return text(
          "its values take %.1f %% of the range of its type: outliers when it was calibrated, steps of %.4g are too"
              + " coarse",
          100 * v.rangeUse(), l.scale());
    }
    WeightErrors w = l.weights();
    if (w != null && Math.min(w.snrDb(), w.medianSnrDb()) < POOR_DB) {
      if (w.scales() == 1 && w.rangeRatio() > 8) {
        return text(
            "weights: channel %d is %.0f times as wide as the median one, and one scale serves all (%.1f dB)",
            w.widest(), w.rangeRatio(), w.snrDb());
      }
      if (!w.channels().worst().isEmpty() && w.channels().worst().get(0).share() > 0.5) {
        ChannelErrors.Channel c = w.channels().worst().get(0);
        return text(
            "weights: %.0f %% of their error is in channel %d (%.1f dB there)",
            100 * c.share(), c.index(), c.snrDb());
      }
      return text("weights of %s: %.1f dB", w.type(), w.snrDb());
    }
    if (stored && l.rounding().snrDb() < POOR_DB) {
      return text("steps of %.4g are too coarse for values of this spread", l.scale());
    }
    return l.own() == null ? "it was not run alone" : text("own error %.1f dB", l.own().snrDb());
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
