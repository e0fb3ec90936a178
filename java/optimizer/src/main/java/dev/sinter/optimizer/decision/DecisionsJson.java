// Decisions in a file.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.decision;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sinter.graph.ElementType;
import dev.sinter.optimizer.data.WholeFile;
import dev.sinter.optimizer.decision.Decisions.Border;
import dev.sinter.optimizer.weights.WeightSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The form of {@link Decisions} in JSON, format 1. Scales are floats in the fewest digits that give
 * them back; stored weights are base64 where they are not simply rounded.
 */
public final class DecisionsJson {
  /** The version of the format that is written; no other is read. */
  public static final int FORMAT = 1;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private DecisionsJson() {}

  /**
   * Writes decisions.
   *
   * @param decisions what was decided
   * @return JSON
   */
  public static String write(Decisions decisions) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT);
    root.put("inputs", label(decisions.inputs()));
    root.put("outputs", label(decisions.outputs()));
    ArrayNode parts = root.putArray("subgraphs");
    for (Decisions.Part part : decisions.subgraphs()) {
      ObjectNode p = parts.addObject();
      p.put("subgraph", part.subgraph());
      ArrayNode tensors = p.putArray("tensors");
      for (TensorDecision t : part.tensors()) {
        ObjectNode n = tensors.addObject();
        n.put("tensor", t.tensor());
        n.put("name", t.name());
        ArrayNode origin = n.putArray("origin");
        t.origin().forEach(origin::add);
        affine(n, t.scale());
      }
      ArrayNode ops = p.putArray("ops");
      part.ops().forEach(o -> op(ops.addObject(), o));
      positions(p, "inputs", part.inputs());
      positions(p, "outputs", part.outputs());
    }
    return root.toPrettyString();
  }

  /**
   * Writes decisions to a file.
   *
   * @param decisions what was decided
   * @param file the file
   * @throws IOException if it cannot be written
   */
  public static void write(Decisions decisions, Path file) throws IOException {
    WholeFile.write(file, write(decisions).getBytes(StandardCharsets.UTF_8));
  }

  private static void positions(ObjectNode to, String field, Map<Integer, Affine> forms) {
    if (!forms.isEmpty()) {
      ArrayNode list = to.putArray(field);
      forms.forEach(
          (position, a) -> {
            ObjectNode n = list.addObject();
            n.put("position", position);
            affine(n, a);
          });
    }
  }

  private static Map<Integer, Affine> positions(JsonNode list) {
    Map<Integer, Affine> out = new TreeMap<>();
    for (JsonNode n : list) {
      out.put(whole(n, "position"), affine(n));
    }
    return out;
  }

  private static String label(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }

  private static void affine(ObjectNode n, Affine a) {
    n.put("type", a.type().name());
    n.put("scale", a.scale());
    n.put("zeroPoint", a.zeroPoint());
  }

  private static void op(ObjectNode n, OpDecision o) {
    n.put("op", o.op());
    n.put("kind", o.kind());
    n.put("output", o.output());
    n.put("mode", label(o.mode()));
    if (o.activations() != null) {
      n.put("activations", o.activations().name());
    }
    if (!o.inputs().isEmpty()) {
      ArrayNode inputs = n.putArray("inputs");
      o.inputs()
          .forEach(
              (slot, a) -> {
                ObjectNode i = inputs.addObject();
                i.put("input", slot);
                affine(i, a);
              });
    }
    if (o.weights() != null) {
      weights(n.putObject("weights"), o.weights());
    }
    if (!o.others().isEmpty()) {
      ArrayNode others = n.putArray("otherWeights");
      o.others().forEach(w -> weights(others.addObject(), w));
    }
    n.put("reason", o.reason());
  }

  private static void weights(ObjectNode i, WeightDecision w) {
    i.put("input", w.input());
    i.put("type", w.type().name());
    i.put("algorithm", w.algorithm());
    if (w.spec() != null) {
      i.put("bits", w.spec().bits());
      i.put("symmetric", w.spec().symmetric());
      i.put("granularity", label(w.spec().granularity()));
      if (w.spec().block() > 0) {
        i.put("block", w.spec().block());
      }
      ArrayNode scales = i.putArray("scales");
      for (float s : w.scales()) {
        scales.add(s);
      }
      if (Arrays.stream(w.zeroPoints()).anyMatch(z -> z != 0)) {
        ArrayNode zero = i.putArray("zeroPoints");
        Arrays.stream(w.zeroPoints()).forEach(zero::add);
      }
      if (w.values() != null) {
        i.put("values", Base64.getEncoder().encodeToString(w.values()));
      }
    }
  }

  /**
   * Reads decisions from a file.
   *
   * @param file the file
   * @return the decisions
   * @throws IOException if it cannot be read or is none of this format; says where
   */
  public static Decisions read(Path file) throws IOException {
    return read(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
  }

  /**
   * Reads decisions.
   *
   * @param name what to call them in messages
   * @param json what {@link #write(Decisions)} gave
   * @return the decisions
   * @throws IOException if it is none of this format; says where
   */
  public static Decisions read(String name, String json) throws IOException {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException(name + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (root == null || !root.isObject() || root.path("format").asInt() != FORMAT) {
      throw new IOException(
          name
              + " holds no decisions of format "
              + FORMAT
              + (root == null || !root.has("format") ? "" : " but of " + root.get("format")));
    }
    String where = "its head";
    try {
      Border inputs = one(Border.class, root, "inputs");
      Border outputs = one(Border.class, root, "outputs");
      List<Decisions.Part> parts = new ArrayList<>();
      for (JsonNode p : root.path("subgraphs")) {
        int s = whole(p, "subgraph");
        List<TensorDecision> tensors = new ArrayList<>();
        for (JsonNode t : p.path("tensors")) {
          where = "subgraph " + s + ", tensor '" + t.path("name").asText() + "'";
          List<String> origin = new ArrayList<>();
          t.path("origin").forEach(o -> origin.add(o.asText()));
          tensors.add(new TensorDecision(whole(t, "tensor"), text(t, "name"), origin, affine(t)));
        }
        List<OpDecision> ops = new ArrayList<>();
        for (JsonNode o : p.path("ops")) {
          where = "subgraph " + s + ", op " + o.path("op") + " " + o.path("kind").asText();
          ops.add(op(o));
        }
        where = "subgraph " + s + ", its inputs and outputs";
        parts.add(
            new Decisions.Part(
                s, tensors, ops, positions(p.path("inputs")), positions(p.path("outputs"))));
      }
      return new Decisions(parts, inputs, outputs);
    } catch (IllegalArgumentException e) {
      throw new IOException(name + ": " + where + ": " + e.getMessage(), e);
    }
  }

  private static Affine affine(JsonNode n) {
    return new Affine(
        one(ElementType.class, n, "type"), (float) real(n, "scale"), whole(n, "zeroPoint"));
  }

  private static OpDecision op(JsonNode o) {
    Map<Integer, Affine> inputs = new TreeMap<>();
    for (JsonNode i : o.path("inputs")) {
      inputs.put(whole(i, "input"), affine(i));
    }
    List<WeightDecision> others = new ArrayList<>();
    o.path("otherWeights").forEach(w -> others.add(weights(w)));
    return new OpDecision(
        whole(o, "op"),
        text(o, "kind"),
        text(o, "output"),
        one(Mode.class, o, "mode"),
        o.has("activations") ? one(ElementType.class, o, "activations") : null,
        inputs,
        o.has("weights") ? weights(o.get("weights")) : null,
        others,
        o.path("reason").asText());
  }

  private static WeightDecision weights(JsonNode n) {
    ElementType type = one(ElementType.class, n, "type");
    int input = whole(n, "input");
    if (!n.has("bits")) {
      return WeightDecision.floats(input, type);
    }
    WeightSpec spec =
        new WeightSpec(
            whole(n, "bits"),
            n.path("symmetric").asBoolean(true),
            one(WeightSpec.Granularity.class, n, "granularity"),
            n.path("block").asInt(0));
    JsonNode list = n.path("scales");
    float[] scales = new float[list.size()];
    int[] zeroPoints = new int[scales.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) list.get(i).asDouble();
      if (!(scales[i] > 0) || Float.isInfinite(scales[i])) {
        throw new IllegalArgumentException("a scale of " + list.get(i));
      }
      zeroPoints[i] = n.path("zeroPoints").path(i).asInt(0);
    }
    byte[] values = n.has("values") ? Base64.getDecoder().decode(text(n, "values")) : null;
    return new WeightDecision(input, type, spec, text(n, "algorithm"), scales, zeroPoints, values);
  }

  private static <E extends Enum<E>> E one(Class<E> type, JsonNode n, String field) {
    String name = text(n, field);
    for (E e : type.getEnumConstants()) {
      if (e.name().equals(name.toUpperCase(Locale.ROOT))) {
        return e;
      }
    }
    throw new IllegalArgumentException("'" + field + "' is '" + name + "'");
  }

  private static String text(JsonNode n, String field) {
    if (!n.path(field).isTextual()) {
      throw new IllegalArgumentException("'" + field + "' is no text: " + n.path(field));
    }
    return n.get(field).asText();
  }

  private static int whole(JsonNode n, String field) {
    if (!n.path(field).isInt()) {
      throw new IllegalArgumentException("'" + field + "' is no whole number: " + n.path(field));
    }
    return n.get(field).asInt();
  }

  private static double real(JsonNode n, String field) {
    if (!n.path(field).isNumber()) {
      throw new IllegalArgumentException("'" + field + "' is no number: " + n.path(field));
    }
    return n.get(field).asDouble();
  }
}
