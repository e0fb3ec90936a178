// Tests of verify as a user calls it: real inputs, ops one by one, signatures, exit codes, JSON.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.Npy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {
  private static final List<String> FIELDS =
      List.of("model", "status", "maxAbsDiff", "mismatchFraction", "message");

  @TempDir private Path folder;
  private final Console console = new Console();
  private Path one;
  private Path two;
  private Path json;

  @BeforeEach
  void write() {
    one = folder.resolve("one.tflite");
    two = folder.resolve("two.tflite");
    json = folder.resolve("out").resolve("verify.json");
    GraphBuilder b = Graph.builder("one");
    Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    TfliteWriter.write(
        x.add(x, Activation.RELU).activate(OpKind.Activate.Function.TANH).output("y").build(), one);
    GraphBuilder c = Graph.builder("two");
    Value p = c.input("p", ElementType.FLOAT32, 1, 4);
    Value q = c.input("q", ElementType.FLOAT32, 1, 4);
    TfliteWriter.write(
        p.binary(OpKind.Binary.Function.SUB, q, Activation.NONE).output("y").build(), two);
  }

  private static void array(Path file, float... values) throws IOException {
    Files.createDirectories(file.getParent());
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
    for (float v : values) {
      bytes.putFloat(v);
    }
    Npy.write(file, ElementType.FLOAT32, Shape.of(1, values.length), bytes.flip());
  }

  /** A data set of two examples of so many bytes, in two splits. */
  private Path dataset(int numbers) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data" + numbers));
    Files.write(data.resolve("x.u8"), new byte[2 * numbers]);
    String split =
        """
        {"inputs": [{"file": "x.u8", "type": "uint8", "shape": [%d]}]}"""
            .formatted(numbers);
    Files.writeString(
        data.resolve("dataset.json"),
        """
        {"format": 1, "name": "tiny", "classes": 2, "splits": {"first": %s, "second": %s}}"""
            .formatted(split, split));
    return data;
  }

  private static Graph unsupported() {
    GraphBuilder b = Graph.builder("g");
    Value x = b.input("x", ElementType.FLOAT32, 2, 4);
    Value draws = b.int32("draws", new int[] {3}, Quantization.NONE);
    // Random numbers: nothing that two runtimes could agree on.
    GraphBuilder.Result result =
        new GraphBuilder.Result(ElementType.INT64, Quantization.NONE, Shape.of(2, 3));
    OpKind kind = TfliteOps.builtin("MULTINOMIAL", 1, Map.of("seed", 1, "seed2", 2));
    Value y = b.op(kind, List.of(result), List.of(), List.of(x, draws)).get(0);
    return y.output("y").build();
  }

  @Test
  void exitCodesAndFieldsAreTheDocumentedOnes() throws IOException {
    assertEquals(0, console.run("verify", folder, "--runs", "2", "--json", json), console.text());
    JsonNode rows = Console.json(json);
    assertEquals(2, rows.size());
    assertEquals(FIELDS, Console.names(rows.get(0)));
    assertTrue(List.of("equal", "close").contains(rows.get(0).get("status").asText()));
    assertEquals("equal", rows.get(1).get("status").asText());
    assertTrue(console.text().contains("2 models:"), console.text());

    Path broken = Files.write(folder.resolve("broken.tflite"), new byte[200]);
    assertEquals(0, console.run("verify", broken, "--json", json), console.text());
    assertEquals("refused-by-both", Console.json(json).get(0).get("status").asText());
    assertFalse(Console.json(json).get(0).get("message").asText().isEmpty());
    assertEquals(0, console.run("verify", broken, "--ops", "--json", json), console.text());
    assertEquals("refused-by-both", Console.json(json).get(0).get("status").asText());

    Path lacking = folder.resolve("lacking.tflite");
    TfliteWriter.write(unsupported(), lacking);
    assertEquals(1, console.run("verify", folder, "--json", json), console.text());
    assertEquals("unsupported", Console.json(json).get(1).get("status").asText());
    assertTrue(console.text().contains("1 failed"), console.text());
    assertEquals(0, console.run("verify", folder, "--allow-unsupported"), console.text());
    assertEquals(1, console.run("verify", lacking, "--ops"), console.text());
    assertEquals(0, console.run("verify", lacking, "--ops", "--allow-unsupported"));
  }

  @Test
  void wrongUsageSaysWhatToDo() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertEquals(2, console.run("verify", empty));
    assertTrue(console.text().contains("no .tflite file"), console.text());
    assertEquals(2, console.run("verify", folder.resolve("absent.tflite")));
    assertTrue(console.text().contains("absent.tflite"), console.text());
    assertEquals(2, console.run("verify", one, "--runs", "0"));
    assertEquals(2, console.run("verify", one, "--inputs", folder.resolve("absent")));
    assertTrue(console.text().contains("is no folder"), console.text());
    assertEquals(2, console.run("verify", one, "--inputs", empty));
    assertTrue(console.text().contains("a file per run"), console.text());
    assertEquals(2, console.run("verify", one, "--inputs", dataset(4), "--split", "third"));
    assertTrue(console.text().contains("[first, second]"), console.text());
  }

  @Test
  void anUnwritableReportIsSaidBeforeTheWork() {
    Path under = one.resolve("verify.json"); // below a file there is no folder
    for (String command : List.of("verify", "bench")) {
      assertEquals(1, console.run(command, one, "--json", under), command);
      assertTrue(console.text().contains("cannot be written"), console.text());
      assertFalse(console.text().contains("one.tflite  max"), console.text());
    }
    assertEquals(1, console.run("run", one, "--random", "1", "--json", under));
    assertEquals(1, console.run("inspect", one, "--json", folder));
    assertTrue(console.text().contains("is a folder"), console.text());
  }

  @Test
  void realInputsComeFromADataSet() throws IOException {
    Path data = dataset(4);
    assertEquals(1, console.run("verify", one, two, "--inputs", data, "--json", json));
    assertTrue(console.text().contains("not compared    " + two), console.text());
    assertTrue(console.text().contains("fill one"), console.text());
    assertEquals(1, Console.json(json).size());
    // A model that was not named is left out, and said.
    assertEquals(0, console.run("verify", folder, "--inputs", data, "--split", "second"));
    assertTrue(console.text().contains("1 not compared"), console.text());
    assertEquals(1, console.run("verify", one, "--inputs", dataset(5)));
    assertTrue(console.text().contains("an example of 5 numbers"), console.text());
  }

  @Test
  void realInputsComeFromFiles() throws IOException {
    Path flat = folder.resolve("flat");
    array(flat.resolve("a.npy"), 1, 2, 3, 4);
    array(flat.resolve("b.npy"), 5, 6, 7, 8);
    assertEquals(0, console.run("verify", one, "--inputs", flat), console.text());
    assertEquals(0, console.run("verify", two, "--inputs", flat), console.text());
    Path runs = folder.resolve("runs");
    // By name: p comes second in the order of names, and the difference shows which is which.
    for (String run : List.of("1", "2")) {
      array(runs.resolve(run).resolve("q.npy"), 1, 1, 1, 1);
      array(runs.resolve(run).resolve("p.npy"), 3, 3, 3, 3);
    }
    assertEquals(0, console.run("verify", two, "--inputs", runs), console.text());
    assertEquals(1, console.run("verify", one, "--inputs", runs), console.text());
    assertTrue(console.text().contains("has 2 files"), console.text());
    array(flat.resolve("c.npy"), 1, 2, 3);
    assertEquals(1, console.run("verify", one, "--inputs", flat), console.text());
    assertTrue(console.text().contains("c.npy"), console.text());
  }

  @Test
  void opsAreComparedOneByOne() throws IOException {
    assertEquals(0, console.run("verify", one, two, "--ops", "--json", json), console.text());
    JsonNode rows = Console.json(json);
    assertEquals(3, rows.size());
    assertEquals(
        List.of(
            "model",
            "op",
            "name",
            "output",
            "types",
            "status",
            "maxAbsDiff",
            "mismatchFraction",
            "message"),
        Console.names(rows.get(0)));
    assertEquals("ADD", rows.get(0).get("name").asText());
    assertEquals("TANH", rows.get(1).get("name").asText());
    assertEquals(1, rows.get(1).get("op").asInt());
    assertEquals("float32 -> float32", rows.get(1).get("types").asText());
    assertTrue(console.text().contains("5 runs of the whole model"), console.text());
    Path data = dataset(4);
    assertEquals(0, console.run("verify", one, "--ops", "--inputs", data), console.text());
    assertTrue(console.text().contains("2 runs of the whole model"), console.text());
  }

  @Test
  void variablesAreNotCutOutAndThatIsSaid() {
    GraphBuilder b = Graph.builder("g");
    Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    GraphBuilder.Result handle =
        new GraphBuilder.Result(ElementType.RESOURCE, Quantization.NONE, Shape.of(1));
    OpKind var = TfliteOps.builtin("VAR_HANDLE", 1, Map.of("container", "", "shared_name", "v"));
    Value v = b.op(var, List.of(handle), List.of(), List.of()).get(0);
    b.op(TfliteOps.builtin("ASSIGN_VARIABLE", 1, Map.of()), List.of(), List.of(), List.of(v, x));
    TfliteWriter.write(x.add(x, Activation.NONE).output("y").build(), one);
    assertEquals(0, console.run("verify", one, "--ops"), console.text());
    assertTrue(console.text().contains("not cut out"), console.text());
    assertTrue(console.text().contains("works on a variable"), console.text());
    assertTrue(console.text().contains("1 equal, 2 not cut out"), console.text());
  }

  @Test
  void signaturesAreChosenByTheirKeys() throws IOException {
    Graph a = TfliteReader.read(one);
    Graph b = TfliteReader.read(two);
    List<Subgraph> subgraphs = List.of(a.main(), b.main());
    Signature first =
        new Signature(
            "first",
            0,
            List.of(new Signature.Binding("in", a.inputs().get(0), null)),
            List.of(new Signature.Binding("out", a.outputs().get(0), null)),
            null);
    Signature second =
        new Signature(
            "second",
            1,
            List.of(
                new Signature.Binding("left", b.inputs().get(0), null),
                new Signature.Binding("right", b.inputs().get(1), null)),
            List.of(new Signature.Binding("difference", b.outputs().get(0), null)),
            null);
    Path both = folder.resolve("both.tflite");
    TfliteWriter.write(
        Graph.of("both", "", subgraphs, List.of(first, second), List.of(), null), both);
    for (String key : List.of("first", "second")) {
      assertEquals(0, console.run("verify", both, "--signature", key), console.text());
      assertEquals(0, console.run("run", both, "--random", "1", "--signature", key));
    }
    assertTrue(console.text().contains("'difference'"), console.text());
    assertEquals(
        0,
        console.run("bench", both, "--signature", "second", "--seconds", "0.05"),
        console.text());
    assertEquals(1, console.run("verify", both, "--signature", "third"));
    assertTrue(console.text().contains("[first, second]"), console.text());
    assertEquals(1, console.run("run", one, "--random", "1", "--signature", "first"));
    assertTrue(console.text().contains("there are [serving_default]"), console.text());
  }
}
