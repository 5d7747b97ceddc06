package io.ovnegress.it.harness.process;

import java.util.List;

/**
 * OVN central as on a control plane node: northbound and southbound database and {@code ovn-northd}, with the tools of the same
 * version. Whether they are processes or a container is the implementation's business. One thread drives it.
 */
public interface OvnCentral extends AutoCloseable {
    DatabaseServer northbound();

    DatabaseServer southbound();

    /** Standard output of {@code ovn-nbctl} with these arguments. */
    String nbctl(List<String> arguments);

    /** Standard output of {@code ovn-sbctl} with these arguments. */
    String sbctl(List<String> arguments);

    /** Standard output of {@code ovn-trace} with these arguments. */
    String trace(List<String> arguments);

    default String nbctl(String... arguments) {
        return nbctl(List.of(arguments));
    }

    default String sbctl(String... arguments) {
        return sbctl(List.of(arguments));
    }

    default String trace(String... arguments) {
        return trace(List.of(arguments));
    }

    /** For a tool that waits for other programs: only one of them that hangs is too slow, a busy machine is not. */
    String PATIENT = "--timeout=600";

    /** Returns once ovn-northd has written the southbound database for everything written before. */
    default void sync() {
        nbctl(PATIENT, "--wait=sb", "sync");
    }

    @Override
    void close();
}
