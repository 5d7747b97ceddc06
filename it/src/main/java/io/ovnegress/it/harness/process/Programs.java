package io.ovnegress.it.harness.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the programs and schemas of OVN and Open vSwitch are. Usually they are the installed ones. System property
 * {@code ovn.version} ({@code 23.03}, {@code 25.03}) asks for another OVN, with the Open vSwitch of its Debian release, and
 * {@code ovs.version} ({@code 3.1}, {@code 3.5}) for another Open vSwitch; {@code it/scripts/ovn.sh} obtains them. One choice for a
 * whole JVM. Thread safe.
 */
public final class Programs {
    private static final String SWITCH_SCHEMA = "vswitch";
    private static final String SCRIPT = "it/scripts/ovn.sh";
    private static final String OVN_VERSION = System.getProperty("ovn.version", "");
    private static final String OVS_VERSION = System.getProperty("ovs.version", OVN_VERSION);

    private Programs() {}

    /** In order of need: the script may take a while. */
    private static final class Ovn {
        private static final Optional<Path> DIRECTORY = directoryOf(OVN_VERSION);
    }

    private static final class OpenVSwitch {
        private static final Optional<Path> DIRECTORY =
                OVS_VERSION.equals(OVN_VERSION) ? Ovn.DIRECTORY : directoryOf(OVS_VERSION);
    }

    /** A program as a command line has it: the bare name of an installed one, as of all that are not OVN's or Open vSwitch's. */
    public static String find(String program) {
        return directory(program)
                .map(directory -> directory.resolve("bin").resolve(program).toString())
                .orElse(program);
    }

    /** @param name {@code ovn-nb}, {@code ovn-sb} or {@code vswitch} */
    public static Path schema(String name) {
        var folder = name.startsWith("ovn-") ? "ovn" : "openvswitch";
        return directory(name)
                .map(directory -> directory.resolve("share"))
                .orElse(Path.of("/usr/share"))
                .resolve(folder)
                .resolve(name + ".ovsschema");
    }

    /** What the tests are about, for a heading: the versions that were asked for, or nothing. */
    public static String versions() {
        var ovn = OVN_VERSION.isEmpty() ? "the installed OVN" : "OVN " + OVN_VERSION;
        return OVS_VERSION.equals(OVN_VERSION) ? ovn : ovn + " on Open vSwitch " + OVS_VERSION;
    }

    private static Optional<Path> directory(String name) {
        if (name.startsWith("ovn-")) {
            return Ovn.DIRECTORY;
        }
        return name.startsWith("ovs-") || name.startsWith("ovsdb-") || name.equals(SWITCH_SCHEMA)
                ? OpenVSwitch.DIRECTORY
                : Optional.empty();
    }

    private static Optional<Path> directoryOf(String version) {
        if (version.isEmpty()) {
            return Optional.empty();
        }
        var directory = Command.of(script().toString(), "programs", version).output();
        return Optional.of(directory.strip()).filter(text -> !text.isEmpty()).map(Path::of);
    }

    private static Path script() {
        return Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve(SCRIPT))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new Command.Failed("no " + SCRIPT + " above the working directory: run this in a"
                        + " checkout, or without ovn.version and ovs.version"));
    }
}
