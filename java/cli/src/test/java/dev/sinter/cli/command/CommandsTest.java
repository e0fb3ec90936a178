// Tests of the commands as a user calls them: exit codes, output, JSON fields.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.Npy;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  @TempDir private Path folder;
  private Path model;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void write() {
    GraphBuilder b = Graph.builder("g");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    model = folder.resolve("m.tflite");
    TfliteWriter.write(x.add(x, Activation.NONE).output("y").build(), model);
  }

  private int run(Object... args) {
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(words);
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void helpTeaches() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("sinter verify models/"), out.toString());
    for (String command :
        new String[] {
          "inspect", "run", "verify", "bench", "evaluate", "optimize", "debug", "compare", "demo"
        }) {
      assertEquals(0, run(command, "--help"));
    }
  }

  /** Help is formatted: a lone percent sign is a warning on the user's screen. */
  @Test
  void helpIsWellFormed() {
    for (CommandLine command : Main.commandLine().getSubcommands().values()) {
      CommandLine.Model.UsageMessageSpec usage = command.getCommandSpec().usageMessage();
      List<String> lines = new ArrayList<>(List.of(usage.description()));
      lines.addAll(List.of(usage.footer()));
      command
          .getCommandSpec()
          .args()
          .forEach(argument -> lines.addAll(List.of(argument.description())));
      for (String line : lines) {
        assertDoesNotThrow(() -> String.format(line), command.getCommandName() + ": " + line);
      }
    }
  }

  @Test
  void wrongUsageIsTwo() {
    assertEquals(2, run());
    assertEquals(2, run("fly"));
    assertEquals(2, run("verify"));
    assertEquals(2, run("run", model));
    assertEquals(2, run("verify", folder.resolve("absent.tflite")));
    assertEquals(2, run("run", model, "--input", "a", "b"));
    assertEquals(2, run("run", model, "--random", "1", "--isa", "nonsense"));
  }

  @Test
  void inspectListsOps() throws IOException {
    Path json = folder.resolve("ops.json");
    assertEquals(0, run("inspect", model, "--tensors", "--json", json));
    assertTrue(out.toString().contains("ADD"), out.toString());
    JsonNode rows = new ObjectMapper().readTree(json.toFile());
    assertEquals(
        List.of("subgraph", "op", "kind", "inputs", "outputs", "attributes"), names(rows.get(0)));
    assertEquals(0, run("inspect", model, "--kernels"));
    assertTrue(out.toString().contains("add_f32"), out.toString());
  }

  @Test
  void runTakesArraysAndRawValues() throws IOException {
    ByteBuffer values = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    values.putFloat(1).putFloat(2).putFloat(3).putFloat(4).flip();
    Npy.write(folder.resolve("x.npy"), ElementType.FLOAT32, Shape.of(1, 4), values);
    Files.write(folder.resolve("x.raw"), values.array());
    Path json = folder.resolve("run.json");
    for (String input : new String[] {"x.npy", "x.raw"}) {
      Path results = folder.resolve("out-" + input);
      assertEquals(
          0,
          run("run", model, "--input", folder.resolve(input), "--output", results, "--json", json),
          err.toString());
      Npy y = Npy.read(results.resolve("output-0.npy"));
      assertEquals(8f, y.values().getFloat(12));
      JsonNode rows = new ObjectMapper().readTree(json.toFile());
      assertEquals(List.of("output", "name", "type", "shape", "values"), names(rows.get(0)));
      assertEquals(6.0, rows.get(0).get("values").get(2).asDouble());
    }
    assertEquals(0, run("run", model, "--random", "3", "--top-k", "2"));
    Files.write(folder.resolve("short.raw"), new byte[3]);
    assertEquals(1, run("run", model, "--input", folder.resolve("short.raw")));
    assertTrue(err.toString().contains("takes 16"), err.toString());
  }

  @Test
  void verifySaysEqual() throws IOException {
    Path json = folder.resolve("verify.json");
    assertEquals(0, run("verify", folder, "--runs", "3", "--json", json), out + "" + err);
    JsonNode rows = new ObjectMapper().readTree(json.toFile());
    assertEquals(1, rows.size());
    assertEquals(
        List.of("model", "status", "maxAbsDiff", "mismatchFraction", "message"),
        names(rows.get(0)));
    assertEquals("equal", rows.get(0).get("status").asText());
  }

  @Test
  void bf16IsAnOptionOfEveryCommand() throws IOException {
    GraphBuilder b = Graph.builder("g");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 2, 32);
    float[] weights = new float[8 * 32];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) Math.sin(i);
    }
    GraphBuilder.Value y = x.fullyConnected(b.floats("w", weights, 8, 32), null, Activation.NONE);
    TfliteWriter.write(y.output("y").build(), model);
    assertEquals(0, run("inspect", model, "--kernels", "--bf16"));
    assertTrue(out.toString().contains("gemm_f32bf16f32_"), out.toString());
    assertEquals(0, run("run", model, "--random", "1", "--bf16"));
    Path json = folder.resolve("verify.json");
    assertEquals(0, run("verify", model, "--bf16", "--json", json), out + "" + err);
    JsonNode verdict = new ObjectMapper().readTree(json.toFile()).get(0);
    assertEquals("close", verdict.get("status").asText());
    assertTrue(verdict.get("maxAbsDiff").asDouble() > 1e-4, verdict.toString());
    assertEquals(1, run("verify", model, "--bf16", "--tolerance", "1e-5"));
  }

  @Test
  void aDeviceIsAnOptionOfEveryCommand() throws IOException {
    assertEquals(2, run("run", model, "--random", "1", "--device", "abacus"));
    assertTrue(err.toString().contains("is none of [cpu, cuda]"), err.toString());
    assertEquals(0, run("inspect", model, "--kernels", "--device", "cpu"));
    Path none = folder.resolve("none.so");
    String before = System.setProperty("sinter.cuda.library.path", none.toString());
    try {
      assertEquals(1, run("run", model, "--random", "1", "--device", "cuda"));
      assertTrue(err.toString().contains("none.so: not the absolute path"), err.toString());
    } finally {
      System.clearProperty("sinter.cuda.library.path");
    }
    Path library = Path.of(System.getProperty("sinter.test.devices"), "libcpu_device.so");
    assumeTrue(Files.exists(library), "no device library " + library);
    System.setProperty("sinter.cuda.library.path", library.toAbsolutePath().normalize().toString());
    try {
      Path json = folder.resolve("kernels.json");
      assertEquals(
          0, run("inspect", model, "--kernels", "--device", "cuda", "--json", json), "" + err);
      JsonNode row = new ObjectMapper().readTree(json.toFile()).get(0);
      assertEquals("cuda", row.get("device").asText());
      assertTrue(row.get("deviceRefusal").isNull());
      assertTrue(out.toString().contains("All of it runs on cuda."), out.toString());
      assertEquals(0, run("run", model, "--random", "1", "--device", "cuda"));
      assertTrue(out.toString().contains("1 of 1 kernel calls on cuda"), out.toString());
      assertEquals(0, run("verify", model, "--device", "cuda"), out + "" + err);
      assertEquals(
          0, run("bench", model, "--seconds", "0.1", "--device", "cuda", "--json", json), "" + err);
      assertEquals(
          "cuda", new ObjectMapper().readTree(json.toFile()).get(0).get("device").asText());
    } finally {
      if (before == null) {
        System.clearProperty("sinter.cuda.library.path");
      } else {
        System.setProperty("sinter.cuda.library.path", before);
      }
    }
  }

  @Test
  void verifyFailsForWhatOnlyTfliteRuns() throws IOException {
    GraphBuilder b = Graph.builder("g");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 2, 4);
    GraphBuilder.Value draws = b.int32("draws", new int[] {3}, Quantization.NONE);
    // Random numbers: nothing that two runtimes could agree on.
    GraphBuilder.Result result =
        new GraphBuilder.Result(ElementType.INT64, Quantization.NONE, Shape.of(2, 3));
    OpKind kind = TfliteOps.builtin("MULTINOMIAL", 1, Map.of("seed", 1, "seed2", 2));
    GraphBuilder.Value y = b.op(kind, List.of(result), List.of(), List.of(x, draws)).get(0);
    TfliteWriter.write(y.output("y").build(), model);
    assertEquals(1, run("verify", model));
    assertTrue(
        out.toString().contains("unsupported") && out.toString().contains("MULTINOMIAL"),
        out.toString());
    assertEquals(0, run("verify", model, "--allow-unsupported"));
    Files.write(model, new byte[200]);
    assertEquals(0, run("verify", model));
    assertTrue(out.toString().contains("refused-by-both"), out.toString());
  }

  @Test
  void benchMeasures() throws IOException {
    Path json = folder.resolve("bench.json");
    assertEquals(0, run("verify", model, "--batch", "3"), out + "" + err);
    assertEquals(2, run("verify", model, "--batch", "3", "--ops"));
    assertEquals(
        0, run("bench", model, "--seconds", "0.2", "--batch", "3", "--json", json), out + "" + err);
    JsonNode row = new ObjectMapper().readTree(json.toFile()).get(0);
    assertEquals(3, row.get("batch").asInt());
    assertTrue(
        names(row)
            .containsAll(
                List.of(
                    "model",
                    "threads",
                    "peer",
                    "sinterMicros",
                    "peerMicros",
                    "ratio",
                    "ratioLow",
                    "ratioHigh",
                    "load",
                    "cpu",
                    "isa")),
        names(row).toString());
    assertTrue(row.get("ratioLow").asDouble() <= row.get("ratio").asDouble());
    assertEquals("tflite", row.get("peer").asText());
  }

  /** A difference that ops add up to, each of them close, is close here as it is for verify. */
  @Test
  void benchAsksForASecondOpinion() throws IOException {
    float[] weights = new float[16 * 16];
    for (int i = 0; i < 16; i++) {
      weights[17 * i] = 1.01f; // 1.0078 in bfloat16, of which 0.0078 are left below
    }
    GraphBuilder b = Graph.builder("g");
    Value x = b.input("x", ElementType.FLOAT32, 1, 16);
    Value y = x.fullyConnected(b.floats("w", weights, 16, 16), null, Activation.NONE);
    Path small = folder.resolve("small.tflite");
    TfliteWriter.write(
        y.binary(OpKind.Binary.Function.SUB, x, Activation.NONE).output("z").build(), small);
    Path json = folder.resolve("small.json");
    assertEquals(
        0, run("bench", small, "--bf16", "--seconds", "0.1", "--json", json), out + "" + err);
    assertEquals(
        "close", new ObjectMapper().readTree(json.toFile()).get(0).get("outputs").asText());
  }

  @Test
  void aSuiteIsMeasuredPlottedAndHeldAgainstAnOlderResult() throws IOException {
    Path suite = folder.resolve("suite.json");
    Files.writeString(
        suite,
        """
        {"format": 1, "models": [
          {"file": "m.tflite", "name": "sum", "group": "one"},
          {"file": "absent.tflite", "name": "absent model", "group": "one"}]}
        """);
    Path json = folder.resolve("new.json");
    Path plot = folder.resolve("new.svg");
    assertEquals(
        0,
        run(
            "bench",
            "--suite",
            suite,
            "--models",
            folder,
            "--seconds",
            "0.1",
            "--json",
            json,
            "--plot",
            plot),
        out + "" + err);
    assertTrue(
        out.toString().contains("absent model: not measured: no absent.tflite in"), "" + out);
    assertTrue(Files.readString(plot).startsWith("<svg"));
    JsonNode row = new ObjectMapper().readTree(json.toFile()).get(0);
    assertEquals("m.tflite", row.get("model").asText());
    assertEquals("sum", row.get("name").asText());
    assertTrue(
        names(row)
            .containsAll(
                List.of(
                    "group",
                    "macs",
                    "gmacPerSecond",
                    "rooflineMicros",
                    "rooflineShare",
                    "rooflineLevel",
                    "peaks",
                    "topOps",
                    "loadMillis",
                    "firstRunMillis")),
        names(row).toString());
    assertTrue(row.get("topOps").get(0).get("kernel").asText().startsWith("add_f32"), "" + row);
    assertEquals(0, run("bench", "--compare", json, "--gate", json), out + "" + err);
    String faster = Files.readString(json).replaceAll("(\"ratio[^\"]*\" : )", "$19");
    Path old = folder.resolve("old.json");
    Files.writeString(old, faster);
    assertEquals(1, run("bench", "--compare", json, "--gate", old), out + "" + err);
    assertTrue(out.toString().contains("SLOWER: m.tflite, threads 1, tflite"), "" + out);
    assertEquals(1, run("bench", model, "--seconds", "0.1", "--gate", old), out + "" + err);
    assertTrue(out.toString().contains("no model stands in both"), "" + out);
    assertEquals(2, run("bench"));
    assertEquals(2, run("bench", "--compare", json));
    assertEquals(2, run("bench", model, "--suite", suite));
  }
}
