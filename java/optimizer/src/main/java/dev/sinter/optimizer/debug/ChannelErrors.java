// The channels of a tensor that are off most.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Errors by channel, the last dimension.
 *
 * @param channels how many there are
 * @param worst those with the largest share of the tensor's error, largest first, at most 16
 * @param snrDb signal-to-noise ratio of every channel in decibels, at most 1024 channels: of more
 *     only the worst are told
 */
public record ChannelErrors(int channels, List<Channel> worst, List<Double> snrDb) {
  private static final int WORST = 16;
  private static final int TOLD = 1024;

  /**
   * One channel.
   *
   * @param index which
   * @param share its part of the tensor's squared error, 0 to 1
   * @param snrDb its own signal-to-noise ratio in decibels
   */
  public record Channel(int index, double share, double snrDb) {}

  /**
   * Keeps immutable copies.
   *
   * @param channels how many there are
   * @param worst those with the largest share
   * @param snrDb of every channel
   */
  public ChannelErrors {
    worst = List.copyOf(worst);
    snrDb = List.copyOf(snrDb);
  }

  static ChannelErrors of(double[] noise, double[] signal) {
    double total = 0;
    for (double x : noise) {
      total += x;
    }
    double sum = total;
    List<Channel> worst =
        IntStream.range(0, noise.length)
            .filter(c -> noise[c] > 0)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer c) -> -noise[c]))
            .limit(WORST)
            .map(c -> new Channel(c, noise[c] / sum, decibels(noise[c], signal[c])))
            .toList();
    List<Double> all = new ArrayList<>();
    for (int c = 0; c < noise.length && noise.length <= TOLD; c++) {
      all.add(decibels(noise[c], signal[c]));
    }
    return new ChannelErrors(noise.length, worst, all);
  }

  private static double decibels(double noise, double signal) {
    return ErrorMetrics.decibels(ErrorSums.ratio(noise, signal));
  }
}
