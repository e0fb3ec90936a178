// Finds, unpacks and loads a device's library, and says what was tried when that fails.
// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import dev.sinter.natives.jni.SinterLibrary;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.Loader;

/**
 * Loads libraries of devices, when they are first asked for.
 *
 * <p>Order, for the device {@code cuda}: the file named by the system property {@code
 * sinter.cuda.library.path}, else by the environment variable {@code SINTER_CUDA_LIBRARY}, and
 * nothing else; otherwise the copy in the {@code sinter-native} jar with the classifier of this
 * platform and {@code -gpu}. That copy is unpacked as {@link NativeLoader} does.
 */
public final class DeviceLoader {
  private static final Map<String, Outcome> OUTCOMES = new HashMap<>();

  private DeviceLoader() {}

  /** A device's number, or what was tried in vain. */
  private record Outcome(int device, String failure) {}

  /**
   * Loads a device's library once; later calls repeat the outcome, as long as the same file is
   * asked for.
   *
   * @param name the device, such as {@code cuda}
   * @return the number that the native library knows it by
   * @throws NativeLoadException if it cannot be loaded, or finds nothing to run on
   */
  public static synchronized int load(String name) {
    NativeLoader.load();
    String property = "sinter." + name + ".library.path";
    String variable = "SINTER_" + name.toUpperCase(Locale.ROOT) + "_LIBRARY";
    String override = set(System.getProperty(property));
    String setBy = property;
    if (override == null) {
      override = set(System.getenv(variable));
      setBy = variable;
    }
    String key = override == null ? name : name + " " + override;
    Outcome outcome = OUTCOMES.get(key);
    if (outcome == null) {
      outcome = override == null ? fromJar(name, property) : fromFile(setBy, override);
      OUTCOMES.put(key, outcome);
    }
    if (outcome.failure() != null) {
      throw new NativeLoadException(outcome.failure());
    }
    return outcome.device();
  }

  private static String set(String value) {
    return value == null || value.isEmpty() ? null : value;
  }

  private static Outcome fromFile(String setBy, String path) {
    Path file = Path.of(path);
    if (!file.isAbsolute() || !Files.isReadable(file)) {
      return new Outcome(0, setBy + "=" + path + ": not the absolute path of a readable file");
    }
    Outcome outcome = open(file);
    return outcome.failure() == null
        ? outcome
        : new Outcome(0, setBy + "=" + path + ": " + outcome.failure());
  }

  private static Outcome fromJar(String name, String property) {
    String file = "libsinter_" + name + ".so";
    String classifier = NativeLoader.platform() + "-gpu";
    String resourceName = "dev/sinter/natives/jni/" + classifier + "/" + file;
    URL resource = DeviceLoader.class.getClassLoader().getResource(resourceName);
    if (resource == null) {
      return new Outcome(
          0,
          "no library for the device "
              + name
              + " on the class path (looked for "
              + resourceName
              + "); add the dependency dev.sinter:sinter-native with the classifier "
              + classifier
              + ", where it is offered");
    }
    StringBuilder tried = new StringBuilder();
    for (int place = 0; place < 2; place++) {
      Path unpacked = null;
      try {
        unpacked =
            resource.getProtocol().equals("file") // classes that are not in a jar
                ? Path.of(resource.toURI())
                : place == 0
                    ? NativeLoader.unpack(resource, Loader.getCacheDir().toPath(), file)
                    : NativeLoader.unpackTemporarily(resource, file);
        Outcome outcome = open(unpacked);
        // Once the library itself has spoken, another copy of it would say the same.
        if (outcome.failure() == null || !outcome.failure().startsWith("device: cannot load")) {
          return outcome;
        }
        tried.append("; ").append(outcome.failure());
        tried.append(NativeLoader.noExec(unpacked) ? NativeLoader.noExecHint(unpacked) : "");
      } catch (IOException | java.net.URISyntaxException | RuntimeException e) {
        tried.append("; ").append(unpacked == null ? "" : unpacked + ": ").append(e);
      }
      if (resource.getProtocol().equals("file")) {
        break;
      }
    }
    return new Outcome(
        0,
        "the library for the device "
            + name
            + " cannot be loaded from "
            + resource
            + tried
            + "; -D"
            + property
            + " names a file to load instead");
  }

  private static Outcome open(Path file) {
    int device = SinterLibrary.sinter_device_load(file.toString());
    return device > 0 ? new Outcome(device, null) : new Outcome(0, lastError());
  }

  private static String lastError() {
    byte[] text = new byte[2048];
    long length = SinterLibrary.sinter_last_error(text, text.length);
    int count = (int) Math.max(0, Math.min(length, text.length - 1L));
    return new String(text, 0, count, StandardCharsets.UTF_8);
  }
}
