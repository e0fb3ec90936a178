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
  }

  private static Philox philox(HostCall call) {
    if (call.outputType(0) != ElementType.FLOAT32) {
      throw call.failure(Status.UNSUPPORTED, "numbers of type " + call.outputType(0));
    }
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
}
