// What --version prints.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import picocli.CommandLine.IVersionProvider;

/** Version of the program and of the Java it runs on. */
public final class Versions implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"sinter " + sinter(), "Java " + System.getProperty("java.version")};
  }

  /**
   * Returns the version of this jar.
   *
   * @return version, or "development" outside a jar
   */
  public static String sinter() {
    String version = Versions.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
