// Runs one random model by TFLite's two sets of kernels and by Sinter on each instruction set.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Holds a process for each set of TFLite's kernels. */
final class Trial implements AutoCloseable {
  /** How a model ended. */
  enum Ending {
    EQUAL,
    UNSUPPORTED,
    DIFFERENT,
    REFUSED_BY_SINTER,
    REFUSED_BY_TFLITE
  }

  /**
   * One model's result.
   *
   * @param ending how it ended
   * @param message what was different, or why it was refused
   * @param oracle compared with the kernels that define the op, all instruction sets together
   * @param other compared with TFLite's other kernels; null where these refuse the model
   */
  record Outcome(Ending ending, String message, Comparison oracle, Comparison other) {}

  private static final double FLOOR = 1e-2;
  private static final int RUNS = 2;

  private final GuardedPeer.Host oracles = new GuardedPeer.Host();
  private final GuardedPeer.Host others = new GuardedPeer.Host();
  private final Map<String, Options> isas = isas();

  /** Every instruction set of this machine that kernels can be kept to, by what is left of it. */
  private static Map<String, Options> isas() {
    Map<String, Options> out = new LinkedHashMap<>();
    out.put(Target.local().isaNames(), Options.DEFAULT);
    for (String name :
        List.of("reference", "avx2", "avx512", "avx512_vnni", "neon", "dotprod", "i8mm")) {
      try {
        out.putIfAbsent(
            Target.local().withIsa(name).isaNames(), Options.builder().isa(name).build());
      } catch (SinterException e) {
        // The name is of another architecture, or not one that can be forced.
      }
    }
    return out;
  }

  List<String> isaNames() {
    return List.copyOf(isas.keySet());
  }

  /** Runs a model. */
  Outcome run(Maker maker, Sketch sketch, byte[] file) {
    TflitePeer.Kernels otherKernels =
        maker.oracle() == TflitePeer.Kernels.XNNPACK
            ? TflitePeer.Kernels.BUILTIN
            : TflitePeer.Kernels.XNNPACK;
    Comparison oracle = new Comparison(maker.tolerance(), FLOOR);
    Comparison other = new Comparison(maker.tolerance(), FLOOR);
    List<Peer> ours = new ArrayList<>();
    List<String> names = new ArrayList<>();
    GuardedPeer first = null;
    GuardedPeer second = null;
    try {
      try {
        first = oracles.open(file, maker.oracle(), 1, List.of());
      } catch (PeerException e) {
        return new Outcome(Ending.REFUSED_BY_TFLITE, e.getMessage(), oracle, null);
      }
      try {
        second = others.open(file, otherKernels, 1, List.of());
      } catch (PeerException e) {
        other = null;
      }
      String at = "";
      try {
        for (Map.Entry<String, Options> isa : isas.entrySet()) {
          at = isa.getKey();
          ours.add(SinterPeer.open(maker.name(), file, isa.getValue()));
          names.add(isa.getKey());
        }
        for (int n = 0; n < RUNS; n++) {
          fill(sketch, first, n);
          invoke(first);
          if (other != null) {
            fill(sketch, second, n);
            try {
              second.invoke();
            } catch (PeerException e) {
              other = null;
            }
          }
          for (int i = 0; i < ours.size(); i++) {
            at = names.get(i);
            fill(sketch, ours.get(i), n);
            ours.get(i).invoke();
            boolean was = oracle.isClose();
            oracle.add(ours.get(i), first);
            if (other != null && i == 0) {
              other.add(ours.get(i), second);
            }
            if (was && !oracle.isClose()) {
              return different(at, n, oracle, other);
            }
          }
        }
      } catch (TfliteEnded e) {
        return new Outcome(Ending.REFUSED_BY_TFLITE, e.getMessage(), oracle, other);
      } catch (PeerException e) {
        return new Outcome(
            e.isUnsupported() ? Ending.UNSUPPORTED : Ending.REFUSED_BY_SINTER,
            at + ": " + e.getMessage(),
            oracle,
            other);
      } catch (RuntimeException e) {
        return new Outcome(Ending.REFUSED_BY_SINTER, at + ": " + e, oracle, other);
      }
      return new Outcome(Ending.EQUAL, "", oracle, other);
    } finally {
      ours.forEach(Peer::close);
      if (first != null) {
        first.close();
      }
      if (second != null) {
        second.close();
      }
    }
  }

  private static final class TfliteEnded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TfliteEnded(PeerException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private static void invoke(Peer tflite) {
    try {
      tflite.invoke();
    } catch (PeerException e) {
      throw new TfliteEnded(e);
    }
  }

  private static Outcome different(String isa, int run, Comparison oracle, Comparison other) {
    String message =
        String.format(
            "kernels %s, run %d: %d of %d elements differ, by at most %s; first %s; TFLite's other"
                + " kernels %s",
            isa,
            run,
            oracle.mismatches(),
            oracle.elements(),
            oracle.maxAbsDiff(),
            oracle.firstMismatch(),
            other == null ? "refuse it" : other.isClose() ? "agree with Sinter" : "differ, too");
    return new Outcome(Ending.DIFFERENT, message, oracle, other);
  }

  /** The same values for the same model and run, whoever gets them. */
  private static void fill(Sketch sketch, Peer peer, int run) {
    Random random = new Random(run + 1);
    for (int i = 0; i < peer.inputs().size(); i++) {
      Sketch.Fill fill = sketch.fills().get(i);
      ElementType type = peer.inputs().get(i).type();
      if (type == ElementType.STRING) {
        int count = (int) peer.inputs().get(i).shape().elements();
        peer.setStrings(i, Sketch.strings(random, count));
        continue;
      }
      ByteBuffer out = peer.input(i).order(ByteOrder.nativeOrder()).clear();
      while (out.hasRemaining()) {
        put(out, type, fill, random);
      }
    }
  }

  private static void put(ByteBuffer out, ElementType type, Sketch.Fill fill, Random random) {
    if (type == ElementType.FLOAT32) {
      double v = fill.low() + random.nextDouble() * (fill.high() - fill.low());
      out.putFloat((float) (fill.whole() ? Math.rint(v) : v));
      return;
    }
    int v = (int) fill.low() + random.nextInt((int) fill.high() - (int) fill.low() + 1);
    switch (type) {
      case INT8, UINT8, BOOL -> out.put((byte) v);
      case INT16 -> out.putShort((short) v);
      case INT32 -> out.putInt(v);
      case INT64 -> out.putLong(v);
      default -> throw new IllegalArgumentException("inputs of type " + type);
    }
  }

  static byte[] file(Sketch sketch) {
    return TfliteWriter.toBytes(sketch.b.build());
  }

  @Override
  public void close() {
    oracles.close();
    others.close();
  }
}
