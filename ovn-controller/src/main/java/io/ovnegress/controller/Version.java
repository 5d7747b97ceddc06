package io.ovnegress.controller;

import java.util.Optional;

/** What runs: the version in the jar's manifest. */
public final class Version {
    /** {@code dev} when run from class files. */
    public static final String CURRENT = Optional.ofNullable(
                    Version.class.getPackage().getImplementationVersion())
            .orElse("dev");

    private Version() {}

    /** For {@code --version}: the version, and what it runs on. */
    public static String line() {
        return "ovn-egress " + CURRENT + " (Java " + Runtime.version() + ")";
    }
}
