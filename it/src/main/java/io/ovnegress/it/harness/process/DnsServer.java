package io.ovnegress.it.harness.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A dnsmasq on the loopback address that knows a few names and asks nobody else. One thread drives it. */
public final class DnsServer implements AutoCloseable {
    private final WorkDirectory directory = WorkDirectory.create("ovn-egress-dns");
    private final Path hosts = directory.resolve("hosts");
    private final int port = ReservedPort.next();
    private final LocalProcess process;

    /** @param secondsToLive for which its answers are good */
    public DnsServer(int secondsToLive) {
        write(Map.of());
        process = LocalProcess.start(
                "dnsmasq",
                List.of(
                        "dnsmasq",
                        "--keep-in-foreground",
                        "--conf-file=/dev/null",
                        "--no-resolv",
                        "--no-hosts",
                        "--bind-interfaces",
                        "--listen-address=127.0.0.1",
                        "--port=" + port,
                        "--user=",
                        "--pid-file=",
                        "--local-ttl=" + secondsToLive,
                        "--addn-hosts=" + hosts),
                Map.of(),
                directory.resolve("dnsmasq.log"));
    }

    /** For the controller's {@code --dns-servers}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** From now on it knows these names, and no others. */
    public void answer(Map<String, String> addresses) {
        process.requireAlive();
        write(addresses);
        Command.of("kill", "-HUP", Long.toString(process.pid())).output();
    }

    private void write(Map<String, String> addresses) {
        var lines = new ArrayList<String>();
        addresses.forEach((name, address) -> lines.add(address + " " + name));
        try {
            Files.write(hosts, lines);
            // It gives its rights up, and reads the file afterwards.
            Files.setPosixFilePermissions(hosts, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setPosixFilePermissions(hosts.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.close();
        directory.close();
    }
}
