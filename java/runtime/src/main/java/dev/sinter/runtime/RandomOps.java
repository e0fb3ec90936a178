// Random numbers as TFLite draws them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * By Philox 4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3), which goes on
 * from run to run of a session. Without seeds each session has numbers of its own.
 */
final class RandomOps {
  private static final int ROUNDS = 10;
  private static final float LEAST = 1e-7f; // of a uniform number that a logarithm is taken of

  /** MULTINOMIAL leaves out so many numbers for each sample, as TensorFlow does. */
  private static final long SKIPPED = 512;

  private RandomOps() {}

  /** A counter of 128 bits and a key of 64, and the four numbers that they give. */
  private static final class Philox {
    private final int[] counter = new int[4];
    private final int keyLow;
    private final int keyHigh;
    final int[] numbers = new int[4];

    Philox(long key, long start) {
      keyLow = (int) key;
      keyHigh = (int) (key >>> 32);
      counter[2] = (int) start;
      counter[3] = (int) (start >>> 32);
    }

    /** The same numbers from here on. */
    Philox copy() {
      Philox same = new Philox((keyLow & 0xffffffffL) | ((long) keyHigh << 32), 0);
      System.arraycopy(counter, 0, same.counter, 0, counter.length);
      return same;
    }

    /** Leaves out what so many calls of {@link #next} would draw. */
    void skip(long calls) {
      long more = calls;
      for (int i = 0; i < 4 && more != 0; i++) {
        more += counter[i] & 0xffffffffL; // calls fits 62 bits
        counter[i] = (int) more;
        more >>>= 32;
      }
    }

    void next() {
      int a = counter[0];
      int b = counter[1];
      int c = counter[2];
      int d = counter[3];
      int k = keyLow;
      int m = keyHigh;
      for (int round = 0; round < ROUNDS; round++) {
        long first = (a & 0xffffffffL) * 0xd2511f53L;
        long second = (c & 0xffffffffL) * 0xcd9e8d57L;
        a = ((int) (second >>> 32)) ^ b ^ k;
        b = (int) second;
        c = ((int) (first >>> 32)) ^ d ^ m;
        d = (int) first;
        k += 0x9e3779b9;
        m += 0xbb67ae85;
      }
      numbers[0] = a;
      numbers[1] = b;
      numbers[2] = c;
      numbers[3] = d;
      for (int i = 0; i < 4 && ++counter[i] == 0; i++) {
        // carries
      }
    }

    /** From 0 on, below 1. */
    float uniform(int i) {
      return Float.intBitsToFloat((numbers[i] & 0x7fffff) | (127 << 23)) - 1f;
    }

    /** The same of 52 bits, of two numbers. */
    double uniformOfTwo(int i) {
      long bits = ((numbers[i] & 0xfffffL) << 32) | (numbers[i + 1] & 0xffffffffL);
      return Double.longBitsToDouble(bits | (1023L << 52)) - 1;
    }
  }

  private static Philox philox(HostCall call) {
    if (call.state() instanceof Philox before) {
      return before;
    }
    OpKind.Foreign f = (OpKind.Foreign) call.op().kind();
    long seed = seed(f, "seed");
    long second = seed(f, "seed2");
    if (seed == 0 && second == 0) {
      SecureRandom random = new SecureRandom();
      seed = random.nextLong();
      second = random.nextLong();
    }
    Philox made = new Philox(seed, second);
    call.keep(made);
    return made;
  }

  private static long seed(OpKind.Foreign f, String name) {
    return f.attributes().get(name) instanceof Number n ? n.longValue() : 0;
  }

  private static ByteBuffer out(HostCall call) {
    long[] wanted = call.integers(0);
    int[] dims = new int[wanted.length];
    for (int d = 0; d < dims.length; d++) {
      if (wanted[d] < 0 || wanted[d] > Integer.MAX_VALUE) {
        throw call.failure(Status.INVALID_ARGUMENT, "a dimension of " + wanted[d]);
      }
      dims[d] = (int) wanted[d];
    }
    return call.output(0, Shape.of(dims));
  }

  /** What becomes of the four numbers that are drawn at a time. */
  private interface Drawn {
    float of(Philox philox, int place);
  }

  private static void draw(HostCall call, Drawn number) {
    if (call.outputType(0) != ElementType.FLOAT32) {
      throw call.failure(Status.UNSUPPORTED, "numbers of type " + call.outputType(0));
    }
    Philox philox = philox(call);
    ByteBuffer out = out(call);
    for (int i = 0; i < out.limit() / 4; i++) {
      if (i % 4 == 0) {
        philox.next();
      }
      out.putFloat(4 * i, number.of(philox, i % 4));
    }
  }

  /** RANDOM_UNIFORM. */
  static void uniform(HostCall call) {
    draw(call, Philox::uniform);
  }

  /** RANDOM_STANDARD_NORMAL. */
  static void normal(HostCall call) {
    draw(call, RandomOps::normal);
  }

  /** Two by two (Box and Muller). */
  private static float normal(Philox philox, int place) {
    int pair = place / 2 * 2;
    float angle = (float) (2 * Math.PI) * philox.uniform(pair + 1);
    float length = (float) Math.sqrt(-2f * (float) Math.log(Math.max(LEAST, philox.uniform(pair))));
    double turn = place % 2 == 0 ? Math.sin(angle) : Math.cos(angle);
    return (float) turn * length;
  }

  /** MULTINOMIAL: classes, each as likely as the exponential of its logit says. */
  static void classes(HostCall call) {
    Shape logits = call.inputShape(0);
    ElementType type = call.outputType(0);
    if (call.inputType(0) != ElementType.FLOAT32
        || logits.rank() != 2
        || logits.dim(1) < 1
        || call.inputShape(1).rank() != 0) {
      throw call.failure(
          Status.UNSUPPORTED,
          "logits " + call.inputType(0) + logits + " and " + call.inputShape(1) + " samples");
    }
    if (type != ElementType.INT32 && type != ElementType.INT64) {
      throw call.failure(Status.UNSUPPORTED, "classes of type " + type);
    }
    long samples = call.integer(1, 0);
    if (samples < 0 || samples > Integer.MAX_VALUE) {
      throw call.failure(Status.INVALID_ARGUMENT, samples + " samples");
    }
    int batch = logits.dim(0);
    ByteBuffer values = call.input(0);
    ByteBuffer out = call.output(0, Shape.of(batch, (int) samples));
    Philox session = philox(call);
    Philox philox = session.copy();
    session.skip(batch * ((samples + 3) / 4 * 4) * SKIPPED);
    int used = philox.numbers.length;
    for (int row = 0; row < batch; row++) {
      double[] upTo = sumsOfExponentials(values, row * logits.dim(1), logits.dim(1));
      for (int j = 0; j < samples; j++) {
        if (used == philox.numbers.length) {
          philox.next();
          used = 0;
        }
        int found = above(upTo, philox.uniformOfTwo(used) * upTo[upTo.length - 1]);
        used += 2;
        int at = (int) (row * samples + j);
        if (type == ElementType.INT64) {
          out.putLong(8 * at, found);
        } else {
          out.putInt(4 * at, found);
        }
      }
    }
  }

  /**
   * Sums of the exponentials of a row, beside that of its largest; what is not finite adds none.
   */
  private static double[] sumsOfExponentials(ByteBuffer values, int from, int count) {
    float most = -Float.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      float v = values.getFloat(4 * (from + i));
      most = Float.isFinite(v) ? Math.max(most, v) : most;
    }
    double[] sums = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      float v = values.getFloat(4 * (from + i));
      sum += Float.isFinite(v) ? Math.exp(v - (double) most) : 0;
      sums[i] = sum;
    }
    return sums;
  }

  /** The first place of rising values that holds more than `x`; their number if none does. */
  private static int above(double[] rising, double x) {
    int low = 0;
    int high = rising.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rising[middle] > x) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
