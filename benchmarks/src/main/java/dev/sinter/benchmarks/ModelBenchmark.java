// One run of a model, in Sinter and in TFLite: time and allocated bytes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputRange;
import dev.sinter.optimizer.data.RandomInputs;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
 * Whole runs. {@code -p model=FILE} measures another model, {@code -prof gc} shows bytes per run.
 * For a comparison of the two sides {@code sinter bench} is the better tool: it measures them in
 * turn.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ModelBenchmark {
  /** Path of the model. */
  @Param("demo/clothes_float.tflite")
  public String model;

  /** Which runtime. */
  @Param({"sinter", "tflite"})
  public String runtime;

  private Peer peer;

  /**
   * Loads the model and fills its inputs.
   *
   * @throws IOException if the file cannot be read
   */
  @Setup
  public void open() throws IOException {
    byte[] file = Files.readAllBytes(Path.of(model));
    peer =
        runtime.equals("sinter")
            ? SinterPeer.open(model, file, Options.DEFAULT)
            : TflitePeer.open(file, TflitePeer.Kernels.XNNPACK, 1);
    List<InputRange> ranges = InputRange.of(TfliteReader.read(file));
    RandomInputs random = new RandomInputs(1);
    for (int i = 0; i < ranges.size(); i++) {
      random.fill(peer.input(i), peer.inputs().get(i).type(), ranges.get(i));
    }
  }

  /** One run. */
  @Benchmark
  public void run() {
    peer.invoke();
  }

  /** Closes the model. */
  @TearDown
  public void close() {
    peer.close();
  }
}
