// What an op in Java costs in the middle of a model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.runtime.CustomOp;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
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
 * RELU, a copy of four floats in Java, RELU; beside RELU, RELU alone. The difference is the second
 * plan and the call of the op; {@code -prof gc} shows bytes per run.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CustomOpBenchmark {
  /** What stands between the two. */
  @Param({"nothing", "java"})
  public String between;

  private Model model;
  private Session session;

  /** Hands its input on. */
  private static final class Copy implements CustomOp {
    @Override
    public String name() {
      return "Copy";
    }

    @Override
    public List<Shape> outputShapes(Call call) {
      return List.of(call.inputShape(0));
    }

    @Override
    public void run(Call call) {
      ByteBuffer out = call.output(0);
      out.put(0, call.input(0), 0, out.limit());
    }
  }

  /** Builds the model. */
  @Setup
  public void open() {
    GraphBuilder b = Graph.builder("between");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4).relu();
    if (between.equals("java")) {
      GraphBuilder.Result copy =
          new GraphBuilder.Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(1, 4));
      x =
          b.op(
                  TfliteOps.custom("Copy", 1, ByteBuffer.allocate(0)),
                  List.of(copy),
                  List.of(),
                  List.of(x))
              .get(0);
    }
    Options options = Options.builder().customOp(new Copy()).build();
    model = Model.load(x.relu().output("y").build(), options);
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
