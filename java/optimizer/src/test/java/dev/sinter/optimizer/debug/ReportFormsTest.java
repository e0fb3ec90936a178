// The files that others read have the form that they expect.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportFormsTest {
  private static final ErrorMetrics ERRORS =
      new ErrorMetrics(
          24, 0.25, -0.125, 1.5, 0.0625, 0.01, 0.99, 0.5, 100, 0.01, 20, 2, 3, 12.5, 0);

  private static LayerReport layer(String name) {
    return new LayerReport(
        0,
        "FULLY_CONNECTED",
        4,
        List.of(4),
        List.of(4),
        17,
        name,
        "before/" + name,
        ModelMatch.How.NAME,
        "INT8",
        "[1, 24]",
        0.5f,
        -3,
        List.of(),
        ERRORS,
        ERRORS,
        ERRORS,
        ERRORS,
        new TensorValues(
            -1, 1, -1, 1, 0, 0, 0.5, -1, 0.5, List.of(1L, 2L, 3L, 4L), List.of(1L, 2L, 3L, 4L)),
        new ChannelErrors(1, List.of(), List.of(20.0)),
        new ChannelErrors(1, List.of(), List.of(20.0)),
        null,
        100,
        400,
        1.5,
        Double.NaN);
  }

  private static DebugReport report(String name) {
    Remedy remedy =
        new Remedy(
            List.of(0), List.of(name), List.of(name + ";"), "why", 0.001, -0.9, 300, 200, 2, 0.5);
    return new DebugReport(
        "float.tflite",
        "int8.tflite",
        1000,
        250,
        8,
        List.of(layer(name)),
        0.01,
        3,
        List.of(remedy),
        List.of(new Trial(List.of(0), 0.001, -0.9)),
        10,
        20,
        List.of("a note"));
  }

  @Test
  void headOfTheQuantizationDebugger() {
    assertEquals(
        "op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,mean_squared_error,scale,"
            + "zero_point,tensor_name",
        DebuggerCsv.HEAD);
  }

  @Test
  void csvOfTheQuantizationDebugger() {
    assertEquals(
        DebuggerCsv.HEAD + "\r\nFULLY_CONNECTED,17,24.0,0.25,-0.125,1.5,0.0625,0.5,-3,a/b;c\r\n",
        DebuggerCsv.of(report("a/b;c")));
    assertTrue(DebuggerCsv.of(report("a,\"b\"")).endsWith(",-3,\"a,\"\"b\"\"\"\r\n"));
  }

  @Test
  void jsonOfTheAiEdgeQuantizer() throws Exception {
    Chain chain = new Chain(1);
    DebugReport r =
        new Debugger(DebugOptions.DEFAULT.withRanking(0, 1, 1).withTimingRuns(0))
            .debug(chain.floats(), chain.int8(), Chain.examples(3));
    JsonNode root = new ObjectMapper().readTree(ComparisonJson.of(r, chain.floats(), chain.int8()));
    assertEquals(
        List.of("reduced_size_bytes", "reduced_size_percentage", "serving_default"), names(root));
    JsonNode signature = root.path("serving_default");
    assertEquals(
        List.of("input_tensors", "output_tensors", "constant_tensors", "intermediate_tensors"),
        names(signature));
    assertEquals(List.of("x"), names(signature.path("input_tensors")));
    assertEquals(List.of("layer4"), names(signature.path("output_tensors")));
    assertEquals(
        List.of("layer0", "layer1", "layer2", "layer3"),
        names(signature.path("intermediate_tensors")));
    assertEquals(10, signature.path("constant_tensors").size());
    assertEquals(
        List.of("mse", "median_diff_ratio", "cosine_similarity", "kl_divergence", "snr"),
        names(signature.path("intermediate_tensors").path("layer2")));
    assertEquals(
        r.referenceBytes() - r.compressedBytes(), root.path("reduced_size_bytes").asLong());
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    for (Iterator<String> i = node.fieldNames(); i.hasNext(); ) {
      names.add(i.next());
    }
    return names;
  }

  @Test
  void rulesNameTheLayerAndNothingElse() throws Exception {
    String name = "a.b/c(1)+\"$;x";
    JsonNode rule =
        new ObjectMapper().readTree(ReportJson.rules(report(name).ranking().get(0)).get(0));
    assertEquals("no_quantize", rule.path("algorithm_key").asText());
    assertEquals("*", rule.path("operation").asText());
    java.util.regex.Pattern p = java.util.regex.Pattern.compile(rule.path("regex").asText());
    assertTrue(p.matcher(name + ";").find());
    assertFalse(p.matcher("aXb/c(1)+\"$;x;").find());
    assertFalse(p.matcher("more/" + name + ";").find());
  }

  @Test
  void namesAreDataNeverMarkup() {
    String hostile = "</script><img src=x onerror=alert(1)>\u2028<!--";
    String html = HtmlReport.of(report(hostile));
    assertFalse(html.contains("<img"));
    assertEquals(html.indexOf("</script>"), html.lastIndexOf("</script>"));
    assertEquals(html.indexOf("<!-"), html.lastIndexOf("<!-"));
    assertFalse(html.contains("\u2028"));
    assertFalse(html.matches("(?s).*(src|href)\\s*=\\s*\"(https?:)?//.*"));
  }

  @Test
  void numbersThatAreNoneAreNull() throws Exception {
    JsonNode root =
        new ObjectMapper()
            .readTree(new ObjectMapper().writeValueAsString(ReportJson.fields(report("x"))));
    assertTrue(root.path("layers").get(0).path("referenceMicros").isNull());
    assertEquals(1, root.path("format").asInt());
    assertEquals(20, root.path("outputSnrDb").asDouble(), 1e-9);
    assertEquals(
        0.5, root.path("layers").get(0).path("own").path("rmseOverScale").asDouble(), 1e-9);
  }
}
