// Every Java snippet of the documentation compiles, and every file it points to is there.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Blocks marked {@code java} are statements, with their imports in front, or whole classes. Around
 * statements stand a {@code Model model}, a {@code Session session} and the imports of the public
 * API, unless the snippet has its own.
 */
class SnippetsTest {
  private static final Path ROOT = root();
  private static final Pattern TYPE = Pattern.compile("(?m)^(?:public |final )*class (\\w+)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(?:#[^)]*)?\\)");

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("sinter"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      Stream.concat(top, docs).filter(p -> p.toString().endsWith(".md")).forEach(pages::add);
    }
    assertTrue(pages.size() > 10, "pages found: " + pages);
    return pages;
  }

  @Test
  void compile(@TempDir Path classes) throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    for (Path page : pages()) {
      Matcher block = Pattern.compile("(?ms)^```java\\n(.*?)^```").matcher(Files.readString(page));
      for (int n = 1; block.find(); n++) {
        sources.add(source(page, n, block.group(1)));
      }
    }
    assertFalse(sources.isEmpty(), "there are snippets");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> errors = new ArrayList<>();
    for (JavaFileObject source : sources) { // one by one: classes may have the same name
      DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
      List<String> options =
          List.of(
              "-d",
              classes.toString(),
              "-cp",
              System.getProperty("java.class.path"),
              "-proc:none",
              "-Xlint:none");
      compiler.getTask(null, null, found, options, null, List.of(source)).call();
      for (Diagnostic<?> d : found.getDiagnostics()) {
        if (d.getKind() == Diagnostic.Kind.ERROR) {
          errors.add(source.getName() + ": " + d.getMessage(null));
        }
      }
    }
    assertTrue(errors.isEmpty(), String.join("\n", errors));
  }

  private static JavaFileObject source(Path page, int n, String text) throws IOException {
    String where = ROOT.relativize(page) + " snippet " + n;
    Matcher type = TYPE.matcher(text);
    if (type.find()) {
      return new Text(type.group(1), text, where);
    }
    StringBuilder imports = new StringBuilder();
    StringBuilder body = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      (line.startsWith("import ") ? imports : body).append(line).append('\n');
    }
    String name = "Snippet" + n;
    List<String> given = new ArrayList<>();
    if (!Pattern.compile("\\bModel model\\b").matcher(body).find()) {
      given.add("Model model");
    }
    if (!Pattern.compile("\\bSession session\\b").matcher(body).find()) {
      given.add("Session session");
    }
    return new Text(
        name,
        "import dev.sinter.graph.*; import dev.sinter.graph.tflite.*; import dev.sinter.runtime.*;"
            + " import java.nio.*; import java.nio.file.Path; import java.util.*;\n"
            + imports
            + "class "
            + name
            + " { static void snippet("
            + String.join(", ", given)
            + ") throws Exception {\n"
            + body
            + "} }",
        where);
  }

  private static final class Text extends SimpleJavaFileObject {
    private final String text;
    private final String where;

    Text(String name, String text, String where) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
      this.where = where;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }

    @Override
    public String getName() {
      return where;
    }
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        if (!Files.exists(page.getParent().resolve(link.group(1)))) {
          dead.add(ROOT.relativize(page) + " -> " + link.group(1));
        }
      }
    }
    assertTrue(dead.isEmpty(), String.join("\n", dead));
  }
}
