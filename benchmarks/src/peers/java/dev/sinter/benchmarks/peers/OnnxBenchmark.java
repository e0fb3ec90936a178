// One run of a model in Sinter, and of its ONNX twin in ONNX Runtime.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * {@code -p tflite=FILE -p onnx=FILE}: a model and its twin (benchmarks/README.md says where such
 * come from). ONNX Runtime gets zeros for inputs, whose open dimensions are 1, and makes its
 * outputs anew in every run, as its interface does by default.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(2)
public class OnnxBenchmark {
  /** Path of the .tflite file. */
  @Param("")
  public String tflite;

  /** Path of its twin. */
  @Param("")
  public String onnx;

  /** Which runtime. */
  @Param({"sinter", "onnxruntime"})
  public String runtime;

  /** Threads of the runtime. */
  @Param("1")
  public int threads;

  private SinterPeer sinter;
  private OrtSession session;
  private final Map<String, OnnxTensor> inputs = new HashMap<>();

  /**
   * Loads the model and fills its inputs.
   *
   * @throws IOException if the file cannot be read
   * @throws OrtException if ONNX Runtime refuses the model
   */
  @Setup
  public void open() throws IOException, OrtException {
    if (tflite.isEmpty() || onnx.isEmpty()) {
      throw new IllegalArgumentException("name both files: -p tflite=FILE -p onnx=FILE");
    }
    if (runtime.equals("sinter")) {
      byte[] file = Files.readAllBytes(Path.of(tflite));
      sinter = SinterPeer.open(tflite, file, Options.builder().threads(threads).build());
      InputSource.random(1, 1).open(TfliteReader.read(file)).fill(0, sinter);
      return;
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    session = environment.createSession(onnx, options);
    for (var input : session.getInputInfo().entrySet()) {
      TensorInfo info = (TensorInfo) input.getValue().getInfo();
      long[] shape = info.getShape();
      long elements = 1;
      for (int i = 0; i < shape.length; i++) {
        shape[i] = Math.max(1, shape[i]);
        elements *= shape[i];
      }
      ByteBuffer zeros =
          ByteBuffer.allocateDirect(Math.toIntExact(elements * info.type.size))
              .order(ByteOrder.nativeOrder());
      inputs.put(input.getKey(), OnnxTensor.createTensor(environment, zeros, shape, info.type));
    }
  }

  /**
   * One run.
   *
   * @throws OrtException if ONNX Runtime fails
   */
  @Benchmark
  public void run() throws OrtException {
    if (sinter != null) {
      sinter.invoke();
    } else {
      session.run(inputs).close();
    }
  }

  /**
   * Closes the model.
   *
   * @throws OrtException if ONNX Runtime fails
   */
  @TearDown
  public void close() throws OrtException {
    if (sinter != null) {
      sinter.close();
    } else {
      inputs.values().forEach(OnnxTensor::close);
      session.close();
    }
  }
}
