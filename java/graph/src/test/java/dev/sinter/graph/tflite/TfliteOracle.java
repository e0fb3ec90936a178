// Runs models in TensorFlow Lite, to compare with.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.TfLiteInterpreter;
import org.bytedeco.tensorflowlite.TfLiteInterpreterOptions;
import org.bytedeco.tensorflowlite.TfLiteModel;
import org.bytedeco.tensorflowlite.TfLiteTensor;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/** TensorFlow Lite with its default delegate (XNNPACK), one thread. */
public final class TfliteOracle {
  /** What a run gave: outputs, or why there are none. */
  public record Result(List<byte[]> outputs, String refused) {}

  private TfliteOracle() {}

  /** Runs a model on random inputs, twice. */
  public static Result run(byte[] model, long seed) {
    Result r = run(model, seed, null);
    for (Fill f : Fill.values()) {
      if ("invoke failed".equals(r.refused())) {
        fill = f;
        r = run(model, seed, null);
        fill = Fill.RANDOM;
      }
    }
    return r;
  }

  /** What inputs are filled with: some models take only small, or positive, numbers. */
  private enum Fill {
    RANDOM,
    ZEROS,
    ONES
  }

  private static Fill fill = Fill.RANDOM;

  /** Runs a model once on inputs given as bytes. */
  public static Result run(byte[] model, List<byte[]> inputs) {
    return run(model, 0, inputs);
  }

  private static Result run(byte[] model, long seed, List<byte[]> given) {
    try (BytePointer bytes = new BytePointer(model.length)) {
      bytes.put(model, 0, model.length);
      TfLiteModel m = tensorflowlite.TfLiteModelCreate(bytes, model.length);
      if (m == null || m.isNull()) {
        return new Result(null, "no model");
      }
      TfLiteInterpreterOptions options = tensorflowlite.TfLiteInterpreterOptionsCreate();
      tensorflowlite.TfLiteInterpreterOptionsSetNumThreads(options, 1);
      TfLiteInterpreter i = tensorflowlite.TfLiteInterpreterCreate(m, options);
      try {
        return i == null || i.isNull() ? new Result(null, "no interpreter") : run(i, seed, given);
      } finally {
        if (i != null && !i.isNull()) {
          tensorflowlite.TfLiteInterpreterDelete(i);
        }
        tensorflowlite.TfLiteInterpreterOptionsDelete(options);
        tensorflowlite.TfLiteModelDelete(m);
      }
    }
  }

  private static Result run(TfLiteInterpreter i, long seed, List<byte[]> given) {
    if (tensorflowlite.TfLiteInterpreterAllocateTensors(i) != 0) {
      return new Result(null, "no allocation");
    }
    Random random = new Random(seed);
    List<byte[]> outputs = new ArrayList<>();
    for (int round = 0; round < (given == null ? 2 : 1); round++) {
      int inputs = tensorflowlite.TfLiteInterpreterGetInputTensorCount(i);
      for (int k = 0; k < inputs; k++) {
        TfLiteTensor t = tensorflowlite.TfLiteInterpreterGetInputTensor(i, k);
        int type = tensorflowlite.TfLiteTensorType(t);
        if (type == tensorflowlite.kTfLiteString) {
          return new Result(null, "string input");
        }
        int n = (int) tensorflowlite.TfLiteTensorByteSize(t);
        int rank = tensorflowlite.TfLiteTensorNumDims(t);
        byte[] data = given == null ? random(random, type, n, rank) : given.get(k);
        try (BytePointer p = new BytePointer(Math.max(1, n))) {
          p.put(data, 0, n);
          if (tensorflowlite.TfLiteTensorCopyFromBuffer(t, p, n) != 0) {
            return new Result(null, "input " + k + " not taken");
          }
        }
      }
      if (tensorflowlite.TfLiteInterpreterInvoke(i) != 0) {
        return new Result(null, "invoke failed");
      }
      int count = tensorflowlite.TfLiteInterpreterGetOutputTensorCount(i);
      for (int k = 0; k < count; k++) {
        TfLiteTensor t = tensorflowlite.TfLiteInterpreterGetOutputTensor(i, k);
        byte[] out = new byte[(int) tensorflowlite.TfLiteTensorByteSize(t)];
        Pointer data = tensorflowlite.TfLiteTensorData(t);
        if (data != null && !data.isNull()) {
          new BytePointer(data).get(out, 0, out.length);
        }
        outputs.add(out);
      }
    }
    return new Result(outputs, null);
  }

  private static byte[] random(Random random, int type, int n, int rank) {
    boolean integers = type == tensorflowlite.kTfLiteInt32 || type == tensorflowlite.kTfLiteInt64;
    // A vector of integers may be a position or a size: then one beyond the end reads what is
    // there.
    if (fill == Fill.ZEROS || (integers && rank < 2)) {
      return new byte[n];
    }
    if (fill == Fill.ONES) {
      byte[] ones = new byte[n];
      Arrays.fill(ones, (byte) 1);
      return ones;
    }
    java.nio.ByteBuffer b = java.nio.ByteBuffer.allocate(n).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    if (type == tensorflowlite.kTfLiteFloat32) {
      while (b.remaining() >= 4) {
        b.putFloat((float) random.nextGaussian());
      }
    } else if (type == tensorflowlite.kTfLiteInt32) {
      while (b.remaining() >= 4) {
        b.putInt(random.nextInt(2)); // also good for an index
      }
    } else if (type == tensorflowlite.kTfLiteInt64) {
      while (b.remaining() >= 8) {
        b.putLong(random.nextInt(2));
      }
    } else if (type == tensorflowlite.kTfLiteBool) {
      while (b.hasRemaining()) {
        b.put((byte) random.nextInt(2));
      }
    } else {
      random.nextBytes(b.array());
    }
    return b.array();
  }

  /**
   * Reads lines "one TAB other" of files, runs both, and says for each whether the outputs are
   * equal.
   */
  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] files = line.split("\t", -1);
      System.out.println("RUN original");
      System.out.flush();
      Result a = run(Files.readAllBytes(Path.of(files[0])), 7);
      System.out.println("RUN copy");
      System.out.flush();
      Result b = run(Files.readAllBytes(Path.of(files[1])), 7);
      String verdict;
      if (a.refused() != null) {
        verdict =
            a.refused().equals(b.refused())
                ? "REFUSED " + a.refused()
                : "DIFFERENT refusal " + b.refused();
      } else if (b.refused() != null) {
        verdict = "DIFFERENT only one refused: " + b.refused();
      } else {
        verdict = same(a.outputs(), b.outputs()) ? "EQUAL" : "DIFFERENT outputs";
      }
      System.out.println("END " + verdict);
      System.out.flush();
    }
  }

  private static boolean same(List<byte[]> a, List<byte[]> b) {
    boolean same = a.size() == b.size();
    for (int i = 0; same && i < a.size(); i++) {
      same = Arrays.equals(a.get(i), b.get(i));
    }
    return same;
  }
}
