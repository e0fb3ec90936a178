// Everything the debugger found, as JSON.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Maps whose names are part of the interface: see docs/cli.md. Numbers that are none are null. */
public final class ReportJson {
  private static final String SPECIAL = "\\.[]{}()*+-?^$|";

  private ReportJson() {}

  /**
   * Returns a report's fields.
   *
   * @param r what was found
   * @return names and values, maps and lists
   */
  public static Map<String, Object> fields(DebugReport r) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("format", 1);
    f.put("reference", r.reference());
    f.put("compressed", r.compressed());
    f.put("referenceBytes", r.referenceBytes());
    f.put("compressedBytes", r.compressedBytes());
    f.put("examples", r.examples());
    f.put("outputNoise", number(r.outputNoise()));
    f.put("outputSnrDb", number(ErrorMetrics.decibels(r.outputNoise())));
    f.put("worstExample", r.worstExample());
    f.put("micros", number(r.totalMicros()));
    f.put("referenceMicros", number(r.referenceTotalMicros()));
    f.put("notes", r.notes());
    f.put("layers", r.layers().stream().map(ReportJson::layer).toList());
    f.put("ranking", r.ranking().stream().map(ReportJson::remedy).toList());
    f.put("trials", r.trials().stream().map(ReportJson::trial).toList());
    return f;
  }

  private static Map<String, Object> layer(LayerReport l) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("index", l.index());
    f.put("op", l.op());
    f.put("opIndex", l.opIndex());
    f.put("ops", l.ops());
    f.put("referenceOps", l.referenceOps());
    f.put("tensor", l.tensor());
    f.put("name", l.name());
    f.put("referenceName", l.referenceName());
    f.put("matchedBy", l.how().name());
    f.put("type", l.type());
    f.put("shape", l.shape());
    f.put("scale", l.scale());
    f.put("zeroPoint", l.zeroPoint());
    f.put("inputs", l.inputs());
    f.put("own", errors(l.own(), l.scale(), false));
    f.put("local", errors(l.local(), l.scale(), false));
    f.put("cumulative", errors(l.cumulative(), l.scale(), true));
    f.put("rounding", errors(l.rounding(), l.scale(), false));
    f.put("values", values(l.values()));
    f.put("channels", channels(l.channels()));
    f.put("ownChannels", channels(l.ownChannels()));
    f.put("weights", weights(l.weights()));
    f.put("bytes", l.bytes());
    f.put("referenceBytes", l.referenceBytes());
    f.put("micros", number(l.micros()));
    f.put("referenceMicros", number(l.referenceMicros()));
    f.put("diagnosis", Diagnosis.of(l));
    return f;
  }

  private static Map<String, Object> errors(ErrorMetrics m, double scale, boolean all) {
    if (m == null) {
      return null;
    }
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("numElements", number(m.numElements()));
    f.put("stddev", number(m.stddev()));
    f.put("meanError", number(m.meanError()));
    f.put("maxAbsError", number(m.maxAbsError()));
    f.put("meanSquaredError", number(m.meanSquaredError()));
    f.put("rmseOverScale", number(m.rmseOverScale(scale)));
    f.put("snrDb", number(m.snrDb()));
    f.put("noise", number(m.noise()));
    f.put("largestError", number(m.largestError()));
    f.put("worstExample", m.worstExample());
    f.put("worstSnrDb", number(m.worstSnrDb()));
    f.put("nonFinite", m.nonFinite());
    if (all) {
      f.put("medianDiffRatio", number(m.medianDiffRatio()));
      f.put("cosineSimilarity", number(m.cosineSimilarity()));
      f.put("klDivergence", number(m.klDivergence()));
      f.put("snr", number(m.snr()));
    }
    return f;
  }

  private static Map<String, Object> values(TensorValues v) {
    if (v == null) {
      return null;
    }
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("min", number(v.min()));
    f.put("max", number(v.max()));
    f.put("compressedMin", number(v.compressedMin()));
    f.put("compressedMax", number(v.compressedMax()));
    f.put("saturation", number(v.saturation()));
    f.put("clipped", number(v.clipped()));
    f.put("rangeUse", number(v.rangeUse()));
    f.put("binLow", number(v.binLow()));
    f.put("binWidth", number(v.binWidth()));
    f.put("bins", v.bins());
    f.put("compressedBins", v.compressedBins());
    return f;
  }

  private static Map<String, Object> channels(ChannelErrors c) {
    if (c == null) {
      return null;
    }
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("count", c.channels());
    List<Map<String, Object>> worst = new ArrayList<>();
    for (ChannelErrors.Channel channel : c.worst()) {
      Map<String, Object> w = new LinkedHashMap<>();
      w.put("channel", channel.index());
      w.put("share", number(channel.share()));
      w.put("snrDb", number(channel.snrDb()));
      worst.add(w);
    }
    f.put("worst", worst);
    f.put("snrDb", c.snrDb().stream().map(x -> number(Math.round(x * 100) / 100.0)).toList());
    return f;
  }

  private static Map<String, Object> weights(WeightErrors w) {
    if (w == null) {
      return null;
    }
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("name", w.name());
    f.put("type", w.type());
    f.put("scales", w.scales());
    f.put("snrDb", number(w.snrDb()));
    f.put("medianSnrDb", number(w.medianSnrDb()));
    f.put("rangeRatio", number(w.rangeRatio()));
    f.put("widestChannel", w.widest());
    f.put("zeros", number(w.zeros()));
    f.put("channels", channels(w.channels()));
    return f;
  }

  private static Map<String, Object> remedy(Remedy r) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("layers", r.layers());
    f.put("names", r.names());
    f.put("scopes", r.scopes());
    f.put("why", r.why());
    f.put("noise", number(r.noise()));
    f.put("snrDb", number(ErrorMetrics.decibels(r.noise())));
    f.put("errorChange", number(r.errorChange()));
    f.put("bytes", r.bytes());
    f.put("bytesChange", r.bytesChange());
    f.put("micros", number(r.micros()));
    f.put("microsChange", number(r.microsChange()));
    f.put("rules", rules(r));
    return f;
  }

  private static Map<String, Object> trial(Trial t) {
    Map<String, Object> f = new LinkedHashMap<>();
    f.put("layers", t.layers());
    f.put("noise", number(t.noise()));
    f.put("errorChange", number(t.errorChange()));
    return f;
  }

  /**
   * Writes a remedy as rules of a recipe: one per op of the reference, that leaves it as it is. A
   * rule's pattern is sought in the names of an op's outputs, each followed by a semicolon.
   *
   * @param r the remedy
   * @return JSON objects
   */
  public static List<String> rules(Remedy r) {
    List<String> rules = new ArrayList<>();
    for (String scope : r.scopes()) {
      StringBuilder pattern = new StringBuilder("^");
      for (int i = 0; i < scope.length(); i++) {
        char c = scope.charAt(i);
        pattern.append(SPECIAL.indexOf(c) >= 0 ? "\\" : "").append(c);
      }
      rules.add(
          "{\"regex\": "
              + quoted(pattern + "$")
              + ", \"operation\": \"*\", \"algorithm_key\": \"no_quantize\"}");
    }
    return rules;
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  private static Object number(double x) {
    return Double.isFinite(x) ? x : null;
  }
}
