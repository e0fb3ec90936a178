// Reads recipes; says of what is wrong which rule it is, why, and what would be right.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.rules.OpRules;
import dev.sinter.optimizer.weights.WeightSpec.Granularity;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** From JSON to rules. */
final class RecipeReader {
  /** Larger lists are no recipes that somebody wrote. */
  private static final int MOST_RULES = 10_000;

  private static final Set<String> RULE_FIELDS =
      Set.of("regex", "operation", "algorithm_key", "op_config", "where");
  private static final Set<String> CONFIG_FIELDS =
      Set.of(
          "activation_tensor_config",
          "weight_tensor_config",
          "compute_precision",
          "explicit_dequantize",
          "skip_checks",
          "min_weight_elements");
  private static final Set<String> WHERE_FIELDS =
      Set.of("min_elements", "max_elements", "first", "last", "subgraph", "signature");

  /** Operations of AI Edge Quantizer that are no ops of the format. */
  private static final Set<String> SPECIAL = Set.of("*", "INPUT", "OUTPUT", "CUSTOM_OP");

  private static final Set<String> ALGORITHMS =
      Set.of(
          "no_quantize",
          "min_max_uniform_quantize",
          "float_casting",
          "dequantized_weight_recovery",
          "OCTAV",
          "HADAMARD_ROTATION",
          "DECOMPOSED_HADAMARD_ROTATION",
          "MSE",
          "GPTQ",
          "OSCAR");

  private final String name;
  private String where;

  private RecipeReader(String name) {
    this.name = name;
  }

  static Recipe read(String name, String json) {
    return new RecipeReader(name).read(json);
  }

  private RecipeException wrong(String message) {
    return new RecipeException(name + ": " + where + ": " + message);
  }

  private Recipe read(String json) {
    where = "the recipe";
    ObjectMapper mapper =
        JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    mapper
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(50).build());
    JsonNode root;
    try {
      root = mapper.readTree(json);
    } catch (JsonProcessingException e) {
      throw new RecipeException(
          name
              + ": no JSON: "
              + e.getOriginalMessage().replaceAll(" \\(start marker at .*\\)", "")
              + (e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")"),
          e);
    }
    if (root == null || !root.isArray()) {
      throw wrong(
          root != null && root.isObject()
              ? "an object; a recipe is a list of rules. Recipes for the parts of a LiteRT-LM bundle name"
                  + " one list per part: give the list of the part that is this model"
              : "no list of rules");
    }
    if (root.size() > MOST_RULES) {
      throw wrong(root.size() + " rules; at most " + MOST_RULES + " can be");
    }
    List<Rule> rules = new ArrayList<>();
    List<Recipe.Step> steps = new ArrayList<>();
    Map<String, Object> calibration = new LinkedHashMap<>();
    for (int i = 0; i < root.size(); i++) {
      where = "rule " + (i + 1);
      JsonNode item = object(root.get(i), "a rule");
      if (item.has("step")) {
        Map<String, Object> parameters = parameters(item);
        parameters.remove("step");
        steps.add(new Recipe.Step(text(item, "step"), parameters));
      } else if (item.has("calibration")) {
        calibration.putAll(parameters(object(item.get("calibration"), "calibration")));
      } else {
        rules.add(rule(i + 1, item));
      }
    }
    return new Recipe(name, rules, steps, calibration);
  }

  private Rule rule(int number, JsonNode item) {
    fields(item, RULE_FIELDS, "a rule");
    String regex = text(item, "regex");
    String operation = text(item, "operation");
    where = "rule " + number + " (regex '" + regex + "', operation " + operation + ")";
    if (!SPECIAL.contains(operation) && OpRules.named(operation) == null) {
      try {
        TfliteOps.builtin(operation, 1, Map.of());
      } catch (GraphException e) {
        throw wrong(
            "there is no operation '"
                + operation
                + "'; it is a name such as CONV_2D, or * for all");
      }
    }
    String algorithm = text(item, "algorithm_key");
    if (!ALGORITHMS.contains(algorithm) && WeightAlgorithms.find(algorithm) == null) {
      Set<String> known = new TreeSet<>(ALGORITHMS);
      known.addAll(WeightAlgorithms.names());
      throw wrong("there is no algorithm '" + algorithm + "'; there are " + known);
    }
    OpConfig config = OpConfig.NONE;
    if (!algorithm.equals(Rule.NO_QUANTIZE)) {
      if (!item.has("op_config")) {
        throw wrong("'op_config' is missing; only no_quantize goes without");
      }
      config = config(object(item.get("op_config"), "op_config"));
    }
    PythonRegex translated;
    try {
      translated = PythonRegex.translate(regex);
    } catch (IllegalArgumentException e) {
      throw new RecipeException(name + ": " + where + ": " + e.getMessage(), e);
    }
    return new Rule(
        number,
        regex,
        translated.pattern(),
        operation,
        algorithm,
        config,
        where(item.get("where")));
  }

  private Rule.Where where(JsonNode node) {
    if (node == null || node.isNull()) {
      return Rule.Where.ANYWHERE;
    }
    fields(object(node, "where"), WHERE_FIELDS, "'where'");
    return new Rule.Where(
        whole(node, "min_elements", 0),
        whole(node, "max_elements", Long.MAX_VALUE),
        (int) Math.min(Integer.MAX_VALUE, whole(node, "first", 0)),
        (int) Math.min(Integer.MAX_VALUE, whole(node, "last", 0)),
        node.has("subgraph") ? (int) Math.min(Integer.MAX_VALUE, whole(node, "subgraph", 0)) : -1,
        node.has("signature") ? text(node, "signature") : null);
  }

  private OpConfig config(JsonNode node) {
    fields(node, CONFIG_FIELDS, "op_config");
    TensorConfig activations = tensor(node, "activation_tensor_config");
    TensorConfig weights = tensor(node, "weight_tensor_config");
    if (weights == null) {
      throw wrong(
          "'weight_tensor_config' is missing; ops without weights ignore it, rules need it");
    }
    boolean integer = false;
    if (node.has("compute_precision")) {
      String precision = text(node, "compute_precision");
      if (!precision.equals("INTEGER") && !precision.equals("FLOAT")) {
        throw wrong("compute_precision '" + precision + "'; it is INTEGER or FLOAT");
      }
      integer = precision.equals("INTEGER");
    }
    if (activations != null && !activations.isFloat() && weights.isFloat()) {
      throw wrong("integer activations with float weights: no op can compute so");
    }
    if (activations != null && !integer) {
      throw wrong("activations are quantized, but compute_precision is not INTEGER");
    }
    if (activations != null && activations.isFloat()) {
      throw wrong("activation_tensor_config of dtype FLOAT; leave it out for float activations");
    }
    if (activations != null && activations.granularity() != Granularity.TENSOR) {
      throw wrong("activations have one scale: their granularity is TENSORWISE");
    }
    if (activations != null && activations.bits() != 8 && activations.bits() != 16) {
      throw wrong("activations of " + activations.bits() + " bits; 8 and 16 are possible");
    }
    if (activations != null && activations.bits() == 16 && !activations.symmetric()) {
      throw wrong("activations of 16 bits have zero point 0: set symmetric to true");
    }
    boolean explicit = flag(node, "explicit_dequantize");
    if (integer && explicit) {
      throw wrong(
          "explicit_dequantize with compute_precision INTEGER contradict each other: weights are either expanded"
              + " for computing in float (FLOAT), or used as integers");
    }
    return new OpConfig(
        activations,
        weights,
        integer,
        explicit,
        flag(node, "skip_checks"),
        whole(node, "min_weight_elements", 0));
  }

  private TensorConfig tensor(JsonNode config, String field) {
    JsonNode node = config.get(field);
    if (node == null || node.isNull()) {
      return null;
    }
    object(node, field);
    if (!node.has("num_bits")) {
      throw wrong("'num_bits' is missing in " + field);
    }
    long bits = whole(node, "num_bits", 8);
    boolean isFloat = false;
    if (node.has("dtype")) {
      String dtype = text(node, "dtype");
      if (!dtype.equals("INT") && !dtype.equals("FLOAT")) {
        throw wrong("dtype '" + dtype + "' in " + field + "; it is INT or FLOAT");
      }
      isFloat = dtype.equals("FLOAT");
    }
    if (isFloat ? bits != 16 && bits != 32 : bits < 2 || bits > 16) {
      throw wrong("num_bits " + bits + " in " + field + (isFloat ? "; floats have 16" : ""));
    }
    String granularity = node.has("granularity") ? text(node, "granularity") : "TENSORWISE";
    long block = whole(node, "block_size", 0);
    if (block > 0) {
      granularity = "BLOCKWISE_" + block;
    }
    Granularity g = Granularity.TENSOR;
    int size = 0;
    switch (granularity) {
      case "TENSORWISE" -> g = Granularity.TENSOR;
      case "CHANNELWISE" -> g = Granularity.CHANNEL;
      case "BLOCKWISE_32", "BLOCKWISE_64", "BLOCKWISE_128", "BLOCKWISE_256" -> {
        g = Granularity.BLOCK;
        size = Integer.parseInt(granularity.substring("BLOCKWISE_".length()));
      }
      default ->
          throw wrong(
              "granularity '"
                  + granularity
                  + "' in "
                  + field
                  + "; it is TENSORWISE, CHANNELWISE or BLOCKWISE_32, _64, _128, _256");
    }
    Map<String, Object> parameters = new LinkedHashMap<>();
    if (node.has("algorithm_params")) {
      parameters.putAll(parameters(object(node.get("algorithm_params"), "algorithm_params")));
    }
    Set<String> known =
        Set.of("num_bits", "symmetric", "granularity", "dtype", "block_size", "algorithm_params");
    // Fields of older recipes that stood beside: parameters of the algorithm.
    parameters(node).forEach((k, v) -> putUnless(known.contains(k), parameters, k, v));
    boolean symmetric = !node.has("symmetric") || flag(node, "symmetric");
    return new TensorConfig((int) bits, symmetric, g, size, isFloat, parameters);
  }

  private static void putUnless(boolean skip, Map<String, Object> map, String key, Object value) {
    if (!skip) {
      map.putIfAbsent(key, value);
    }
  }

  // ---- fields ---------------------------------------------------------------------------------

  private JsonNode object(JsonNode node, String what) {
    if (node == null || !node.isObject()) {
      throw wrong(what + " is no object: " + shortened(node));
    }
    return node;
  }

  private void fields(JsonNode node, Set<String> known, String what) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String field = names.next();
      if (!known.contains(field)) {
        throw wrong(what + " has no field '" + field + "'; it has " + new TreeSet<>(known));
      }
    }
  }

  private String text(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || !value.isTextual()) {
      throw wrong(
          value == null
              ? "'" + field + "' is missing"
              : "'" + field + "' is no text: " + shortened(value));
    }
    return value.asText();
  }

  private boolean flag(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw wrong("'" + field + "' is neither true nor false: " + shortened(value));
    }
    return value.asBoolean();
  }

  private long whole(JsonNode node, String field, long otherwise) {
    JsonNode value = node.get(field);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
      throw wrong("'" + field + "' is no whole number from 0 up: " + shortened(value));
    }
    return value.asLong();
  }

  private Map<String, Object> parameters(JsonNode node) {
    Map<String, Object> out = new LinkedHashMap<>();
    node.properties()
        .forEach(
            e -> {
              JsonNode v = e.getValue();
              Object value =
                  v.isBoolean()
                      ? (Object) v.asBoolean()
                      : v.isIntegralNumber()
                          ? (Object) v.asLong()
                          : v.isNumber()
                              ? (Object) v.asDouble()
                              : v.isTextual() ? v.asText() : v.toString();
              out.put(e.getKey(), value);
            });
    return out;
  }

  private static String shortened(JsonNode node) {
    String text = String.valueOf(node);
    return text.length() > 80 ? text.substring(0, 80) + "..." : text;
  }
}
