package io.ovnegress.it.harness.lab;

import io.ovnegress.it.harness.process.Command;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.OnExit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Linux network namespace of this run. It is removed on close or when the JVM ends, and with it every device in it; programs
 * started in it are registered later and so are ended before. Safe for any thread.
 */
final class NetworkNamespace implements AutoCloseable {
    private final String name;
    private final OnExit.Task removal;

    private NetworkNamespace(String name) {
        this.name = name;
        this.removal = OnExit.run(this::remove);
    }

    /** A new namespace with its loopback device up. */
    static NetworkNamespace create(String name) {
        Command.of("ip", "netns", "add", name).output();
        var namespace = new NetworkNamespace(name);
        namespace.ip("link", "set", "lo", "up");
        return namespace;
    }

    /** Why this machine does not let us make namespaces and cables; empty if it does. */
    static Optional<String> obstacle() {
        var name = "oe" + ProcessHandle.current().pid() + "-probe";
        var added = Command.of("ip", "netns", "add", name).run();
        if (added.exitCode() != 0) {
            return Optional.of("no network namespaces: " + added.standardError().strip());
        }
        try (var namespace = new NetworkNamespace(name)) {
            var cable = Command.of(
                            "ip", "-n", namespace.name, "link", "add", "name", "left", "type", "veth", "peer", "right")
                    .run();
            return cable.exitCode() == 0
                    ? Optional.empty()
                    : Optional.of("no virtual cables: " + cable.standardError().strip());
        }
    }

    String name() {
        return name;
    }

    /** {@code ip} with these arguments, inside. */
    void ip(String... arguments) {
        var line = new ArrayList<>(List.of("ip", "-n", name));
        line.addAll(List.of(arguments));
        new Command(line, Map.of()).output();
    }

    /** Runs a program inside, to its end. */
    Command.Output run(String... line) {
        return new Command(inside(List.of(line)), Map.of()).run();
    }

    private void require(String... line) {
        new Command(inside(List.of(line)), Map.of()).output();
    }

    /** Starts a program inside; the process id is the program's own, because {@code ip netns exec} becomes it. */
    LocalProcess start(String program, List<String> line, Map<String, String> environment, Path log) {
        return LocalProcess.start(program, inside(line), environment, log);
    }

    /** The command line that runs this one inside. */
    List<String> inside(List<String> line) {
        var whole = new ArrayList<>(List.of("ip", "netns", "exec", name));
        whole.addAll(line);
        return whole;
    }

    /** A cable from a device here to a device there, both up. */
    void connect(String device, NetworkNamespace other, String otherDevice) {
        Command.of(
                        "ip",
                        "link",
                        "add",
                        device,
                        "netns",
                        name,
                        "type",
                        "veth",
                        "peer",
                        "name",
                        otherDevice,
                        "netns",
                        other.name)
                .output();
        plugIn(device);
        other.plugIn(otherDevice);
    }

    /**
     * Takes a device into use. Checksums are computed in software: a userspace switch passes on the unfinished checksum that
     * the kernel leaves to a network card, and then ping works while every TCP connection hangs.
     */
    void plugIn(String device) {
        require("ethtool", "-K", device, "tx", "off");
        ip("link", "set", device, "up");
    }

    /**
     * Leaves a device to the userspace switch. The kernel goes on receiving what arrives there, and would answer ARP for the
     * addresses that it has on other devices with the MAC address of this one.
     */
    void giveToSwitch(String device) {
        ip("link", "set", device, "arp", "off");
        require("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/" + device + "/disable_ipv6");
    }

    /** Gives a device an address at once, without asking the network first whether somebody has it. */
    void address(String device, String addressWithPrefix) {
        boolean v6 = addressWithPrefix.indexOf(':') >= 0;
        if (v6) {
            ip("addr", "add", addressWithPrefix, "dev", device, "nodad");
        } else {
            ip("addr", "add", addressWithPrefix, "dev", device);
        }
    }

    @Override
    public void close() {
        removal.cancel();
        remove();
    }

    private void remove() {
        var output = Command.of("ip", "netns", "del", name).run();
        if (output.exitCode() != 0) {
            System.err.println("cannot remove network namespace " + name + ": " + output.standardError());
        }
    }
}
