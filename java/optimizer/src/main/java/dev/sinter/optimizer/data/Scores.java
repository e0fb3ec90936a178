// Reads the outputs of classifiers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Scores of classes. */
public final class Scores {
  private Scores() {}

  /**
   * One class and its score.
   *
   * @param index index of the class
   * @param score real value, dequantized where the output is quantized
   */
  public record Score(int index, double score) {}

  /**
   * Returns an output as real values.
   *
   * @param spec the output
   * @param values its memory
   * @return one number per element
   * @throws IllegalArgumentException for types that are no scores
   */
  public static double[] of(TensorSpec spec, ByteBuffer values) {
    ByteBuffer in = values.duplicate().order(ByteOrder.nativeOrder());
    double[] out = new double[Math.toIntExact(spec.shape().elements())];
    double scale = spec.scale() == 0 ? 1 : spec.scale();
    for (int i = 0; i < out.length; i++) {
      switch (spec.type()) {
        case FLOAT32 -> out[i] = in.getFloat();
        case INT8 -> out[i] = scale * (in.get() - spec.zeroPoint());
        case UINT8 -> out[i] = scale * ((in.get() & 0xFF) - spec.zeroPoint());
        case INT16 -> out[i] = scale * (in.getShort() - spec.zeroPoint());
        case INT32 -> out[i] = in.getInt();
        case INT64 -> out[i] = in.getLong();
        default -> throw new IllegalArgumentException("the output " + spec + " holds no scores");
      }
    }
    return out;
  }

  /**
   * Returns the best classes.
   *
   * @param scores one score per class
   * @param count how many to return
   * @return best first; of equal ones the one with the smaller index
   */
  public static List<Score> top(double[] scores, int count) {
    List<Score> all = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      all.add(new Score(i, scores[i]));
    }
    all.sort(Comparator.comparingDouble(Score::score).reversed().thenComparingInt(Score::index));
    return all.subList(0, Math.min(count, all.size()));
  }

  /**
   * Returns the best class.
   *
   * @param scores one score per class
   * @return its index; of equal ones the smaller
   */
  public static int best(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }
}
