// What one call costs: a run of a model that has next to nothing to do.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
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
 * A chain of LEAKY_RELU on one element. With one op, the whole time is an upper bound of what Java
 * and the session add to a run; the difference between two lengths is the cost of a step. {@code
 * -prof gc} shows bytes per run.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class CallBenchmark {
  /** Number of ops. */
  @Param({"1", "11"})
  public int ops;

  private Model model;
  private Session session;

  /** Builds the chain. */
  @Setup
  public void open() {
    GraphBuilder b = Graph.builder("chain");
    GraphBuilder.Value x = b.input("x", ElementType.INT8, Quantization.perTensor(0.1f, 0), 1, 1);
    for (int i = 0; i < ops; i++) {
      x = x.leakyRelu(0.5f).quantized(0.1f, 0);
    }
    model = Model.load(x.output("y").build(), Options.DEFAULT);
    session = model.newSession();
  }

  /** One run. */
  @Benchmark
  public void run() {
    session.run();
  }

  /** Closes session and model. */
  @TearDown
  public void close() {
    session.close();
    model.close();
  }
}
